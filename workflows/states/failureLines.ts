import type { AttemptView } from "../../model/run.ts";

/** Failures that keep the lines of their logs: the last ones. A run's state travels, and has a bound; the binhost has the logs. */
const KEPT = 200;

/** Forgets the lines of logs that earlier failures brought along; what went wrong stays said. */
export class FailureLines {
  readonly #kept: AttemptView[];

  /** @param saved attempts of an earlier part of the run. */
  constructor(saved: readonly AttemptView[] = []) {
    this.#kept = saved.filter(hasLines).sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0));
    this.#bound();
  }

  /** An attempt has failed just now. */
  add(attempt: AttemptView): void {
    if (!hasLines(attempt)) return;
    this.#kept.push(attempt);
    this.#bound();
  }

  #bound(): void {
    while (this.#kept.length > KEPT) forget(this.#kept.shift());
  }
}

function hasLines({ failure }: AttemptView): boolean {
  return failure?.around !== undefined || failure?.logTail !== undefined;
}

function forget(attempt: AttemptView | undefined): void {
  if (!attempt?.failure) return;
  const { around: _, logTail: __, ...rest } = attempt.failure;
  attempt.failure = rest;
}
