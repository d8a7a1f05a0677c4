import type { Client } from "@temporalio/client";
import type { LoadedConfig } from "../config/load.ts";
import type { SwarmConfig } from "../config/schema.ts";
import type { BinhostClient } from "../store/client.ts";

/** How a command or the gateway reaches what it works with; each is connected at its first use. */
export interface Access {
  loadedConfig(): Promise<LoadedConfig>;
  config(): Promise<SwarmConfig>;
  /** UserError: there is no engine. */
  client(): Promise<Client>;
  binhost(): Promise<BinhostClient>;
  /** Who acts, for the record of runs and drones. */
  readonly by: string;
}
