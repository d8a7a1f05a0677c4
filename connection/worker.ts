import { setTimeout as sleep } from "node:timers/promises";
import { NativeConnection } from "@temporalio/worker";
import type { SwarmConfig } from "../config/schema.ts";
import { messageOf, UserError } from "../model/errors.ts";
import { connectionSettings } from "./options.ts";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;
/** Of one try: the SDK would wait for ever for a server that takes the connection and says nothing. ms */
const TRY_MS = 10_000;

/**
 * Connects a role to the engine. The SDK fails at once where there is no server: a role waits for it, and says so.
 * The settings are read for each try: a dev server that is started meanwhile may have another port.
 * @throws UserError when `signal` ends the wait.
 */
export async function connectWorker(
  config: SwarmConfig,
  { signal, onWait }: { signal: AbortSignal; onWait: (line: string) => void },
): Promise<{ connection: NativeConnection; namespace: string }> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(LONGEST_WAIT_MS, wait * 2)) {
    const { options, namespace } = connectionSettings(config);
    const stopped = (): UserError =>
      new UserError(`stopped while waiting for the Temporal server at ${options.address}`);
    if (signal.aborted) throw stopped();
    try {
      return { connection: await tryConnect(options, signal), namespace };
    } catch (error) {
      if (signal.aborted) throw stopped();
      onWait(`no Temporal server answers at ${options.address} (${reasonOf(error)}): trying again in ${wait / 1000} s`);
      await sleep(wait, undefined, { signal }).catch(() => {});
    }
  }
}

type Options = ReturnType<typeof connectionSettings>["options"];

async function tryConnect(options: Options, signal: AbortSignal): Promise<NativeConnection> {
  const connecting = NativeConnection.connect(options);
  const settled = new AbortController();
  const limit = sleep(TRY_MS, undefined, { signal: AbortSignal.any([signal, settled.signal]) });
  try {
    return await Promise.race([
      connecting,
      limit.then(() => {
        throw new Error(`no answer within ${TRY_MS / 1000} s`);
      }),
    ]);
  } catch (error) {
    // One that comes too late is not wanted any more.
    connecting.then((connection) => connection.close()).catch(() => {});
    throw error;
  } finally {
    settled.abort();
  }
}

/** The words of the operating system, out of the SDK's nested text. */
function reasonOf(error: unknown): string {
  const text = messageOf(error);
  return /(?:message|error): "([^"]+)"/.exec(text)?.[1] ?? text;
}
