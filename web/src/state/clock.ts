import { signal, useComputed } from "@preact/signals";

/** ms since the epoch, to the second: what shows how long something takes is drawn anew with it. */
export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1_000);
document.addEventListener("visibilitychange", () => {
  now.value = Date.now();
});

/** A number that changes each minute: what it is the version of is asked for by the clock, whatever else happens. */
export function useMinute(): number {
  return useComputed(() => Math.floor(now.value / 60_000)).value;
}
