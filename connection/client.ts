import { Client, Connection } from "@temporalio/client";
import type { SwarmConfig } from "../config/schema.ts";
import { UserError } from "../model/errors.ts";
import { dataConverter } from "./codec.ts";
import { connectionSettings } from "./options.ts";

/** A command does not wait longer for an engine that may not be there. ms */
const CONNECT_TIMEOUT_MS = 3_000;

/**
 * Connects a command to the engine.
 * @throws UserError where nothing answers in time, with what to do.
 */
export async function connectClient(config: SwarmConfig): Promise<Client> {
  const { options, namespace } = connectionSettings(config);
  try {
    const connection = await Connection.connect({ ...options, connectTimeout: CONNECT_TIMEOUT_MS });
    return new Client({ connection, namespace, dataConverter });
  } catch {
    throw new UserError(
      `no Temporal server answers at ${options.address}. Start one with \`swarm up\` or \`swarm dev-server start\`, or point TEMPORAL_ADDRESS at yours`,
    );
  }
}
