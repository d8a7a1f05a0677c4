import type { Client } from "@temporalio/client";
import { Registry } from "prom-client";
import type { LoadedConfig } from "../config/load.ts";
import { answeredWithin } from "../connection/callDeadlines.ts";
import { EngineConnection } from "../connection/engineConnection.ts";
import type { Access } from "../operations/access.ts";
import type { BinhostClient } from "../store/client.ts";
import { engineLatency } from "../telemetry/engineLatency.ts";
import { binhostAt } from "./binhost.ts";
import { ANSWER_WITHIN_MS } from "./limits.ts";

/** One connection to the engine and one client of the binhost for everybody who asks the gateway. */
export class GatewayAccess implements Access {
  readonly by = "gateway";
  /** How long the engine takes to answer. */
  readonly metrics = new Registry();
  readonly #loaded: LoadedConfig;
  readonly #engine: EngineConnection;

  constructor(loaded: LoadedConfig) {
    this.#loaded = loaded;
    this.#engine = new EngineConnection(loaded.config, {
      interceptors: [answeredWithin(ANSWER_WITHIN_MS), ...engineLatency(this.metrics)],
    });
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

  client(): Promise<Client> {
    return this.#engine.client();
  }

  binhost(): Promise<BinhostClient> {
    const { swarm, binhost } = this.#loaded.config;
    return binhostAt(binhost.url, swarm.tokenFile);
  }

  /** @param isWell the engine answers: nothing is tried again. Else the connection ends with the process. */
  async close(isWell: boolean): Promise<void> {
    if (isWell) await this.#engine.close();
  }
}
