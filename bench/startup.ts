import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../system/packageRoot.ts";
import { NoopSwarm } from "./noop/swarm.ts";
import { percentile, withEngine } from "./swarmBench.ts";

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
  return await withEngine(async ({ address, bundle, directory }) => {
    await using swarm = await NoopSwarm.start({ address, bundle, drones: [{ name: "izar" }] });
    const env = {
      ...process.env,
      ...{ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: swarm.namespace, XDG_STATE_HOME: directory },
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
    const figures = {
      runs,
      help: await median(command, "--help"),
      status: await median(command, "status"),
      node: await median("-e", "0"),
    };
    const { help, status, node } = figures;
    console.log(`swarm --help ${help} ms, swarm status ${status} ms (of which Node itself ${node} ms)`);
    return figures;
  });
}
