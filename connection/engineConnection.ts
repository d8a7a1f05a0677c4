import type { Client, ConnectionOptions } from "@temporalio/client";
import type { SwarmConfig } from "../config/schema.ts";
import { connectClient } from "./client.ts";
import { connectionSettings } from "./options.ts";

/** A call that the SDK tries again on a connection that was closed meanwhile throws where nobody can catch it. ms */
const RETRIED_MS = 120_000;

/** One connection to the engine for a process that lives long: made at its first use, and anew where a dev server came back at another address. */
export class EngineConnection {
  readonly #config: SwarmConfig;
  readonly #grpc: Pick<ConnectionOptions, "interceptors">;
  #current: { address: string; client: Promise<Client> } | null = null;

  constructor(config: SwarmConfig, grpc: Pick<ConnectionOptions, "interceptors"> = {}) {
    this.#config = config;
    this.#grpc = grpc;
  }

  /** Where the engine is now. @throws UserError where nothing answers there: the next use tries again. */
  client(): Promise<Client> {
    const { address } = connectionSettings(this.#config).options;
    if (this.#current?.address === address) return this.#current.client;
    const before = this.#current;
    const client = connectClient(this.#config, this.#grpc);
    const current = { address, client };
    this.#current = current;
    client.catch(() => {
      if (this.#current === current) this.#current = null;
    });
    if (before) setTimeout(() => void closed(before.client), RETRIED_MS).unref();
    return client;
  }

  async close(): Promise<void> {
    const current = this.#current;
    this.#current = null;
    if (current) await closed(current.client);
  }
}

async function closed(client: Promise<Client>): Promise<void> {
  await client.then(({ connection }) => connection.close()).catch(() => {});
}
