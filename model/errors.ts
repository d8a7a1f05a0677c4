/**
 * An error that a person caused and can mend: bad input, a missing thing, a refusal.
 * The command prints its message without a stack trace and exits with `exitCode`.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  /** 2: the command line or a file is wrong; 1: the request is well formed and failed. */
  readonly exitCode: 1 | 2;
  /** Everything that was wrong, one line each; the message is their join. */
  readonly problems: readonly string[];

  constructor(problems: string | readonly string[], exitCode: 1 | 2 = 1) {
    const list = typeof problems === "string" ? [problems] : problems;
    super(list.join("\n"));
    this.problems = list;
    this.exitCode = exitCode;
  }
}

/** Nobody is there who could do or say it: it may be asked again. */
export class Unanswered extends UserError {}

/** A usage error: exit code 2. */
export function usageError(problems: string | readonly string[]): UserError {
  return new UserError(problems, 2);
}

/** A name that names nothing. A usage error; its message tells the names that there are. */
export class UnknownName extends UserError {
  readonly given: string;

  constructor(given: string, message: string) {
    super(message, 2);
    this.given = given;
  }
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
