/** What a name of ours may be, in words: for messages. */
export const NAME_RULE =
  "lower-case letters, digits and dashes, beginning with a letter or digit, at most 63 characters";

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * Whether a text may name a swarm, target, drone, binhost or tree. Such a name becomes a directory, a URL part, a task
 * queue and a workflow id, so it is kept to what is safe in all of them.
 */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** Whether a text may be a run's id: a target's name followed by a time, e.g. `desktop-20261121-0101`. */
export function isRunId(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,127}$/.test(text);
}
