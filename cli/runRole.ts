import { messageOf, UserError } from "../model/errors.ts";
import type { Role } from "../workers/role.ts";
import type { Context } from "./context.ts";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Runs a role until it is told to stop. The first signal lets it finish in order, the second ends it at once; both are
 * said in its log, which is standard output.
 */
export async function runRole(context: Context, role: Role, name: string | null): Promise<void> {
  const config = await context.config();
  const { announceReady } = await import("../workers/roleRecords.ts");
  const log = (line: string): void => context.print(`${new Date().toISOString()} ${line}`);
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) {
      log(`${signal} again: ends at once`);
      // The only way out of a role that does not finish; what it was doing is safe against a kill by design.
      process.exit(1);
    }
    log(`${signal}: stops in order; the same signal again ends it at once`);
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    await role(config, name, {
      signal: stop.signal,
      log,
      ready: () => {
        announceReady(context.around.env).catch((error: unknown) =>
          log(`cannot say that it is ready: ${messageOf(error)}`),
        );
      },
    });
    log("stopped");
  } catch (error) {
    // Told to stop while it still waited for the engine: that is no failure.
    if (!(stop.signal.aborted && error instanceof UserError)) throw error;
    log(error.message);
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
