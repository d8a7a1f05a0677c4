import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../system/packageRoot.ts";
import { percentile, withEngine, withSwarm } from "./swarmBench.ts";

/** Medians in ms, of whole processes. */
export interface StartupFigures {
  runs: number;
  /** The goal is at most 150. */
  help: number;
  /** Against a server on this machine; the goal is at most 600. */
  status: number;
  /** `node -e 0`, which is in both. */
  node: number;
}

const execute = promisify(execFile);

export async function benchStartup(runs = 10): Promise<StartupFigures> {
  return await withEngine(({ address, bundle, directory }) =>
    withSwarm({ address, bundle, drones: [{ name: "izar" }] }, async ({ namespace }) => {
      const env = {
        ...process.env,
        ...{ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, XDG_STATE_HOME: directory },
      };
      const median = async (...args: string[]): Promise<number> => {
        const times: number[] = [];
        // The first one fills the compile cache.
        for (let i = 0; i <= runs; i++) {
          const start = performance.now();
          await execute(process.execPath, args, { env, cwd: directory });
          if (i > 0) times.push(performance.now() - start);
        }
        return Math.round(percentile(times, 0.5));
      };
      const command = join(packageRoot(), "bin", "swarm");
      const help = await median(command, "--help");
      const status = await median(command, "status");
      const node = await median("-e", "0");
      console.log(`swarm --help ${help} ms, swarm status ${status} ms (of which Node itself ${node} ms)`);
      return { runs, help, status, node };
    }),
  );
}
