import { readFile } from "node:fs/promises";
import type { Client } from "@temporalio/client";
import { Registry } from "prom-client";
import type { LoadedConfig } from "../config/load.ts";
import { connectClient } from "../connection/client.ts";
import { connectionSettings } from "../connection/options.ts";
import type { Access } from "../operations/access.ts";
import { BinhostClient } from "../store/client.ts";
import { engineLatency } from "../telemetry/engineLatency.ts";

/** One connection to the engine and one client of the binhost for everybody who asks the gateway. */
export class GatewayAccess implements Access {
  readonly by = "gateway";
  /** How long the engine takes to answer. */
  readonly metrics = new Registry();
  readonly #grpc = { interceptors: engineLatency(this.metrics) };
  readonly #loaded: LoadedConfig;
  #engine: { address: string; client: Promise<Client> } | null = null;

  constructor(loaded: LoadedConfig) {
    this.#loaded = loaded;
  }

  /** The same for somebody who is named in the record of what is done. */
  as(by: string): Access {
    return {
      by,
      loadedConfig: () => this.loadedConfig(),
      config: () => this.config(),
      client: () => this.client(),
      binhost: () => this.binhost(),
    };
  }

  async loadedConfig(): Promise<LoadedConfig> {
    return this.#loaded;
  }

  async config() {
    return this.#loaded.config;
  }

  /** Connected at its first use, and anew where a dev server came back at another address. */
  client(): Promise<Client> {
    const { address } = connectionSettings(this.#loaded.config).options;
    if (this.#engine?.address === address) return this.#engine.client;
    const before = this.#engine;
    const client = connectClient(this.#loaded.config, this.#grpc);
    const engine = { address, client };
    this.#engine = engine;
    client.catch(() => {
      // Tried again at the next use.
      if (this.#engine === engine) this.#engine = null;
    });
    if (before) setTimeout(() => void closed(before.client), RETRIED_MS).unref();
    return client;
  }

  /** The token is read each time: `swarm up` may make it after the gateway was started. */
  async binhost(): Promise<BinhostClient> {
    const { swarm, binhost } = this.#loaded.config;
    const token = await readFile(swarm.tokenFile, "utf8").catch(() => "");
    return new BinhostClient(binhost.url, token.trim());
  }

  /** @param isWell the engine answers: nothing is tried again. Else the connection ends with the process. */
  async close(isWell: boolean): Promise<void> {
    const engine = this.#engine;
    this.#engine = null;
    if (engine && isWell) await closed(engine.client);
  }
}

/** A call that the SDK tries again on a connection that was closed meanwhile throws where nobody can catch it. ms */
const RETRIED_MS = 120_000;

async function closed(client: Promise<Client>): Promise<void> {
  await client.then(({ connection }) => connection.close()).catch(() => {});
}
