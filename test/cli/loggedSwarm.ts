import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inject, onTestFinished } from "vitest";
import type { NoopDroneOptions } from "../../bench/noop/drone.ts";
import { pkg } from "../../bench/noop/plan.ts";
import type { BuildOrder } from "../../model/build.ts";
import type { BuildFailure } from "../../model/failures.ts";
import type { LogKey } from "../../model/logs.ts";
import { BinhostClient } from "../../store/client.ts";
import { createBinhostServer } from "../../store/server.ts";
import { openStore } from "../../store/store.ts";
import { bundleOf } from "../store/support.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { configFile, spawnSwarm, swarm, temporaryDirectory } from "./command.ts";

const TOKEN = "t".repeat(32);
export const MIB = 2 ** 20;

/** A binhost that keeps 1 MiB of each log, a state directory, and the command pointed at both and at no engine. */
export async function binhost() {
  const directory = await temporaryDirectory();
  const store = await openStore(join(directory, "binhost"), { name: "main", logLimitBytes: MIB });
  await store.putTarget("desktop", await store.putBlob(bundleOf("desktop")));
  const server = createBinhostServer(store, { token: TOKEN, name: "main" });
  onTestFinished(() => server.close());
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const file = await configFile(
    `[swarm]\nstate_dir = "${directory}"\n[binhost]\nurl = "${url}"\n` +
      `[[tree]]\nname = "demo"\nsync = "directory"\nuri = "${directory}"\n`,
  );
  await writeFile(join(directory, "token"), TOKEN);
  const client = new BinhostClient(url, TOKEN);
  return { directory, client, server, env: { SWARM_CONFIG: file } as Record<string, string> };
}

/** The same with an engine and drones whose builds are no-ops. */
export async function swarmOf(build: NonNullable<NoopDroneOptions["build"]>, drones = ["izar", "tarn"]) {
  const { env, ...more } = await binhost();
  const plan = { packages: [pkg("dev-libs/a-1"), pkg("dev-libs/b-1")] };
  const noop = await noopSwarm({ plan, drones: drones.map((name) => ({ name, slots: 2, build })) });
  onTestFinished(() => noop.stop());
  Object.assign(env, { TEMPORAL_ADDRESS: inject("temporalAddress"), TEMPORAL_NAMESPACE: noop.namespace });
  const command = (...args: string[]) => swarm(args, env);
  return { ...more, env, noop, command, start: (...args: string[]) => spawnSwarm(args, env) };
}

export const keyOf = ({ run, cpv, attempt }: BuildOrder): LogKey => ({ run, cpv, attempt });

/** Brings a whole log, which ends. @param text a byte each character */
export async function bring(client: BinhostClient, key: LogKey, text: string, failed: BuildFailure | null = null) {
  const bytes = Buffer.from(text, "latin1");
  for (let offset = 0; offset < bytes.length; offset += MIB / 2) {
    await client.logs.append(key, { begun: 1, offset, bytes: bytes.subarray(offset, offset + MIB / 2) });
  }
  const { phase, errorLine } = failed ?? {};
  const told = failed && { ...(phase && { phase }), ...(errorLine && { errorLine }) };
  await client.logs.complete(key, { begun: 1, size: bytes.length, failed: told });
}

export function failing(phase: string, errorLine: string): BuildFailure {
  const around = ["before", errorLine, "after"];
  return { class: "package", message: `${phase} phase: ${errorLine}`, phase, errorLine, around };
}
