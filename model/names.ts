/** What a name of ours may be, in words: for messages. */
export const NAME_RULE =
  "lower-case letters, digits and dashes, beginning with a letter or digit, at most 63 characters";

export const NAME_PATTERN = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** What a run's id may be: a target's name followed by a time, e.g. `desktop-20261121-0101`. */
export const RUN_ID_PATTERN = /^[a-z0-9][a-z0-9-]{0,127}$/;

/**
 * Whether a text may name a swarm, target, drone, binhost or tree. Such a name becomes a directory, a URL part, a task
 * queue and a workflow id, so it is kept to what is safe in all of them.
 */
export function isName(text: string): boolean {
  return NAME_PATTERN.test(text);
}

export function isRunId(text: string): boolean {
  return RUN_ID_PATTERN.test(text);
}

/** The target that a run's id is of; null: that is not to be seen from it. */
export function targetOfRun(run: string): string | null {
  return /^(.+)-\d{8}-\d{4}(?:-\d+)?$/.exec(run)?.[1] ?? null;
}

/** Whether a run's id is of that target: `desktop-small-20261121-0101` is not of `desktop`. */
export function isRunOf(target: string, run: string): boolean {
  return targetOfRun(run) === target;
}
