import { computed, signal } from "@preact/signals";

/** ms since the epoch, to the second: what shows how long something takes is drawn anew with it. */
export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 1_000);
document.addEventListener("visibilitychange", () => {
  now.value = Date.now();
});

const minute = computed(() => String(Math.floor(now.value / 60_000)));

/** Another number each second while the page is looked at: a version of what nothing tells when it changes. */
export function eachSecond(isNeeded = true): number {
  return isNeeded ? now.value : 0;
}

/** What the gateway told as the revision of something; where an older binhost tells none, another one each minute. */
export function revisionOf(told: string | undefined): string {
  return told ?? minute.value;
}
