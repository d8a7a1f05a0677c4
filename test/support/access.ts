import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import type { NoopSwarm } from "../../bench/noop/swarm.ts";
import { loadConfig } from "../../config/load.ts";
import type { Access } from "../../operations/access.ts";
import { BinhostClient } from "../../store/client.ts";
import { createBinhostServer } from "../../store/server.ts";
import { openStore, type PackageStore } from "../../store/store.ts";

/** Of the binhost; where orchestrators start runs themselves, of the swarm as well. */
export const TOKEN = "a token of the tests";

/** What a surface of a no-op swarm works with: its engine, and a real binhost. */
export interface TestAccess extends Access, AsyncDisposable {
  readonly store: PackageStore;
  readonly directory: string;
  /** Its swarm.toml. */
  readonly configFile: string;
  /** The binhost is away, until it is started again. */
  stopBinhost(): Promise<void>;
  startBinhost(): Promise<void>;
}

/** @param toml more of swarm.toml. */
export async function accessTo(swarm: NoopSwarm, toml = ""): Promise<TestAccess> {
  const directory = await mkdtemp(join(tmpdir(), "swarm-access-"));
  const store = await openStore(join(directory, "binhost"), { name: "main" });
  let server = createBinhostServer(store, { token: TOKEN, name: "main" });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const configFile = join(directory, "swarm.toml");
  await writeFile(
    configFile,
    `[swarm]\nstate_dir = "state"\ntoken_file = "token"\n[binhost]\nurl = "${url}"\ndir = "binhost"\n${toml}`,
  );
  await writeFile(join(directory, "token"), TOKEN, { mode: 0o600 });
  const env = { ...process.env, TEMPORAL_ADDRESS: inject("temporalAddress"), TEMPORAL_NAMESPACE: swarm.namespace };
  const loaded = await loadConfig({ path: configFile, env, cwd: directory });
  return {
    ...{ store, directory, configFile, by: "ann" },
    loadedConfig: async () => loaded,
    config: async () => loaded.config,
    client: async () => swarm.client,
    binhost: async () => new BinhostClient(url, TOKEN),
    stopBinhost: () => server.close(),
    startBinhost: async () => {
      server = createBinhostServer(store, { token: TOKEN, name: "main" });
      await server.listen({ host: "127.0.0.1", port: Number(new URL(url).port) });
    },
    [Symbol.asyncDispose]: async () => {
      await server.close();
      store.history.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
