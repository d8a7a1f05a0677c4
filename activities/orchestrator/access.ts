import type { Client } from "@temporalio/client";
import type { SwarmConfig } from "../../config/schema.ts";
import type { Access } from "../../operations/access.ts";
import { BinhostClient } from "../../store/client.ts";

/** What an orchestrator works with where it does what the command does, for others. @param by who asked for it */
export function accessInNameOf(client: Client, config: SwarmConfig, token: string, by: string): Access {
  return {
    loadedConfig: async () => ({ config, file: null, origins: {} }),
    config: async () => config,
    client: async () => client,
    binhost: async () => new BinhostClient(config.binhost.url, token),
    by,
  };
}
