import { UserError } from "../model/errors.ts";

/**
 * Why the store refuses: `not-found`, `invalid` (the request is wrong), `conflict` (not now, or not so: see `offset`),
 * `full` (no space left on the device), `broken` (its own files contradict each other).
 */
export type StoreErrorKind = "not-found" | "invalid" | "conflict" | "full" | "broken";

/** A refusal of the store. */
export class StoreError extends UserError {
  readonly kind: StoreErrorKind;
  /** What to do about it. */
  readonly hint: string | null;
  /** Of an upload: where it really is. */
  readonly offset: number | null;

  constructor(kind: StoreErrorKind, message: string, more: { hint?: string; offset?: number } = {}) {
    super(message);
    this.kind = kind;
    this.hint = more.hint ?? null;
    this.offset = more.offset ?? null;
  }
}

/** Whether a system call failed with that code. */
export function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

/** null where the file or directory is not there. */
export async function orNull<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return null;
    throw error;
  }
}
