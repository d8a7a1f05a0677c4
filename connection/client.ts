import { Client, Connection } from "@temporalio/client";
import type { SwarmConfig } from "../config/schema.ts";
import { UserError } from "../model/errors.ts";
import { dataConverter } from "./codec.ts";
import { connectionSettings } from "./options.ts";
import { isRefused } from "./probe.ts";

/** A command does not wait longer for an engine that may not be there. ms */
const CONNECT_TIMEOUT_MS = 3_000;

/**
 * Connects a command to the engine.
 * @throws UserError where nothing answers in time, with what to do.
 */
export async function connectClient(config: SwarmConfig): Promise<Client> {
  const { options, namespace } = connectionSettings(config);
  if (await isRefused(options.address)) throw noServer(`${options.address}: connection refused`);
  try {
    const connection = await Connection.connect({ ...options, connectTimeout: CONNECT_TIMEOUT_MS });
    return new Client({ connection, namespace, dataConverter });
  } catch {
    throw noServer(`${options.address}: no answer within ${CONNECT_TIMEOUT_MS / 1000} s`);
  }
}

function noServer(what: string): UserError {
  return new UserError(
    `no Temporal server at ${what}. Start one: swarm up (or swarm dev-server start), or name yours: TEMPORAL_ADDRESS`,
  );
}
