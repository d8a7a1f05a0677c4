import { setImmediate as nextTurn } from "node:timers/promises";

let last: Promise<unknown> = Promise.resolve();

/** Does what takes long with a large plan in a turn of the event loop of its own: others have theirs before and after it. */
export function inTurn<T>(work: () => T): Promise<T> {
  const mine = last.then(() => nextTurn()).then(work);
  last = mine.catch(() => {});
  return mine;
}
