import { setTimeout as sleep } from "node:timers/promises";
import { NativeConnection } from "@temporalio/worker";
import type { SwarmConfig } from "../config/schema.ts";
import { UserError } from "../model/errors.ts";
import { connectionSettings } from "./options.ts";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;

/**
 * Connects a role to the engine. The SDK fails at once where there is no server: a role waits for it, and says so.
 * @throws UserError when `signal` ends the wait.
 */
export async function connectWorker(
  config: SwarmConfig,
  { signal, onWait }: { signal: AbortSignal; onWait: (line: string) => void },
): Promise<{ connection: NativeConnection; namespace: string }> {
  const { options, namespace } = connectionSettings(config);
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(LONGEST_WAIT_MS, wait * 2)) {
    try {
      return { connection: await NativeConnection.connect(options), namespace };
    } catch {
      if (signal.aborted) throw new UserError(`stopped while waiting for the Temporal server at ${options.address}`);
      onWait(`no Temporal server answers at ${options.address}: trying again in ${wait / 1000} s`);
      await sleep(wait, undefined, { signal }).catch(() => {});
    }
  }
}
