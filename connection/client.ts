import {
  Client,
  Connection,
  type ConnectionOptions,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
} from "@temporalio/client";
import type { SwarmConfig } from "../config/schema.ts";
import { Unanswered } from "../model/errors.ts";
import { startTracing, type Tracing } from "../telemetry/tracing.ts";
import { endingWithConnection } from "./closedCalls.ts";
import { dataConverter } from "./codec.ts";
import { connectionSettings } from "./options.ts";
import { isRefused } from "./probe.ts";

/** A command does not wait longer for an engine that may not be there. ms */
const CONNECT_TIMEOUT_MS = 3_000;
/** ... nor, at its end, for whoever takes traces. ms */
const LAST_TRACES_MS = 3_000;

/**
 * Connects a command to the engine.
 * @param grpc of the connection, e.g. interceptors that measure it
 * @throws Unanswered where nothing answers in time, with what to do.
 */
export async function connectClient(
  config: SwarmConfig,
  grpc: Pick<ConnectionOptions, "interceptors"> = {},
): Promise<Client> {
  const { options, namespace } = connectionSettings(config);
  if (await isRefused(options.address)) throw noServer(`${options.address}: connection refused`);
  const tracing = await startTracing("build-swarm");
  if (tracing.on) closeAtExit(tracing);
  try {
    const outer = grpc.interceptors ?? [makeGrpcRetryInterceptor(defaultGrpcRetryOptions())];
    const interceptors = [...outer, endingWithConnection()];
    const connection = await Connection.connect({ ...options, interceptors, connectTimeout: CONNECT_TIMEOUT_MS });
    return new Client({ connection, namespace, dataConverter, ...tracing.client });
  } catch {
    throw noServer(`${options.address}: no answer within ${CONNECT_TIMEOUT_MS / 1000} s`);
  }
}

let closing = false;

/** The last traces are sent when nothing else is left to do. */
function closeAtExit(tracing: Tracing): void {
  if (closing) return;
  closing = true;
  process.once("beforeExit", () => {
    // Only reached where they do not go out.
    setTimeout(() => process.exit(), LAST_TRACES_MS).unref();
    void tracing.close();
  });
}

function noServer(what: string): Unanswered {
  return new Unanswered(
    `no Temporal server at ${what}. Start one: swarm up (or swarm dev-server start), or name yours: TEMPORAL_ADDRESS`,
  );
}
