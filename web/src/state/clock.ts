import { signal } from "@preact/signals";

/** ms since the epoch, to the second: what shows how long something takes is drawn anew with it. */
export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1_000);
document.addEventListener("visibilitychange", () => {
  now.value = Date.now();
});
