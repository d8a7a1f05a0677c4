import type { Size } from "./layout/panes.ts";

/** Whether a terminal shows more than ASCII, by its environment: `SWARM_ASCII` says no, else the locale says it. */
export function wantsAscii(env: NodeJS.ProcessEnv): boolean {
  if (env.SWARM_ASCII !== undefined && env.SWARM_ASCII !== "" && env.SWARM_ASCII !== "0") return true;
  // The kernel's console has few of the characters, whatever its locale.
  if (env.TERM === "linux" || env.TERM === "dumb") return true;
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((each) => each !== undefined && each !== "");
  return !/utf-?8/i.test(locale ?? "");
}

/** A terminal that does not know its size says 0. */
export function sizeOf(stdout: NodeJS.WriteStream): Size {
  return { columns: stdout.columns || 80, rows: stdout.rows || 24 };
}

/** Why a screen was left. */
export type Leaving = { kind: "quit" } | { kind: "signal"; signal: NodeJS.Signals } | { kind: "error"; error: unknown };

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Tells of everything that ends the process or takes its terminal away, so that the terminal is restored first. Returns
 * what ends that.
 */
export function onLeaving(stdin: NodeJS.ReadStream, leave: (why: Leaving) => void): () => void {
  const signals = SIGNALS.map((signal) => [signal, () => leave({ kind: "signal", signal })] as const);
  const failed = (error: unknown): void => leave({ kind: "error", error });
  // The terminal is gone: nobody is left to read what goes wrong.
  const gone = (): void => leave({ kind: "quit" });
  for (const [signal, listener] of signals) process.on(signal, listener);
  process.on("uncaughtException", failed).on("unhandledRejection", failed);
  stdin.on("end", gone).on("error", gone);
  return () => {
    for (const [signal, listener] of signals) process.off(signal, listener);
    process.off("uncaughtException", failed).off("unhandledRejection", failed);
    stdin.off("end", gone).off("error", gone);
  };
}
