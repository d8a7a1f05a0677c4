import { execa } from "execa";
import { UserError } from "../model/errors.ts";

export interface CommandOptions {
  /** The whole environment; default: our own. */
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  /** What it is needed for, in the message where the program is not installed: `git trees need it`. */
  purpose?: string;
}

/** A program that is not on this machine, or that failed; the message has its own words. */
export class CommandError extends UserError {
  /** null: not installed. */
  readonly code: number | null;

  constructor(message: string, code: number | null) {
    super(message);
    this.code = code;
  }
}

/** Runs a program to its end and returns what it printed. @throws CommandError */
export async function run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await execa(program, args, {
    ...(options.env ? { env: options.env, extendEnv: false } : {}),
    ...(options.signal ? { cancelSignal: options.signal } : {}),
    stdin: "ignore",
    reject: false,
  });
  if (!result.failed) return result.stdout;
  options.signal?.throwIfAborted();
  if (result.code === "ENOENT") {
    throw new CommandError(
      `${program} is not installed on this machine${options.purpose ? `: ${options.purpose}` : ""}`,
      null,
    );
  }
  const words = result.stderr.trim().split("\n").slice(-5).join("\n  ");
  throw new CommandError(`${program} ${args[0] ?? ""} failed: ${words || result.shortMessage}`, result.exitCode ?? -1);
}
