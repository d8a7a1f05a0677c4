import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { Connection } from "@temporalio/client";
import { inject, onTestFinished } from "vitest";
import { NoopSwarm, type NoopSwarmOptions, until } from "../../bench/noop/swarm.ts";
import { freePort } from "../../system/ports.ts";
import { serverArguments } from "../../temporal-dev/arguments.ts";
import { ensureTemporal } from "../../temporal-dev/find.ts";

/** A swarm on a server of its own, which has workflows continue as new after so many events; both go with the test. */
export async function lowLimitSwarm(
  events: number,
  options: Omit<NoopSwarmOptions, "address" | "bundle">,
): Promise<NoopSwarm> {
  const { env } = process;
  const cacheDir = join(env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "build-swarm");
  const directory = await mkdtemp(join(tmpdir(), "swarm-low-limit-"));
  const [port, uiPort] = [await freePort("127.0.0.1"), await freePort("127.0.0.1")];
  const server = spawn(
    await ensureTemporal({ cacheDir, env }),
    [
      ...serverArguments({ ip: "127.0.0.1", port, uiPort, database: join(directory, "temporal.db") }),
      ...["--dynamic-config-value", `limit.historyCount.suggestContinueAsNew=${events}`],
    ],
    { stdio: "ignore" },
  );
  onTestFinished(async () => {
    const ended = once(server, "exit");
    server.kill("SIGKILL");
    await ended;
    await rm(directory, { recursive: true, force: true });
  });
  const address = `127.0.0.1:${port}`;
  await until("the server serves", () =>
    Connection.connect({ address, connectTimeout: "1s" }).then(
      async (connection) => {
        await connection.close();
        return true;
      },
      () => false,
    ),
  );
  const swarm = await NoopSwarm.start({ address, bundle: inject("workflowBundle"), ...options });
  onTestFinished(() => swarm.stop());
  return swarm;
}
