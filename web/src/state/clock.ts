import { computed, signal } from "@preact/signals";

/** ms, by this machine's clock. */
const own = signal(Date.now());
/** So much is the gateway's clock ahead of it. ms */
const ahead = signal(0);

/** ms since the epoch by the gateway's clock, to the second: what shows how long something takes is drawn anew with it. */
export const now = computed(() => own.value + ahead.value);

setInterval(() => {
  if (!document.hidden) own.value = Date.now();
}, 1_000);
document.addEventListener("visibilitychange", () => {
  own.value = Date.now();
});

/** ms since the epoch by the gateway's clock, at this moment. */
export function timeNow(): number {
  return Date.now() + ahead.peek();
}

/** HTTP tells whole seconds, and an answer is on its way for a while: so much is no difference. ms */
const SAME_MS = 2_000;

/** Takes over what time it is where the gateway is: all that it tells has that time. */
export function setClock(at: number): void {
  const found = at - Date.now();
  if (Math.abs(found - ahead.peek()) > SAME_MS) ahead.value = found;
}

const minute = computed(() => String(Math.floor(own.value / 60_000)));

/** Another number each second while the page is looked at: a version of what nothing tells when it changes. */
export function eachSecond(isNeeded = true): number {
  return isNeeded ? now.value : 0;
}

/** What the gateway told as the revision of something; where an older binhost tells none, another one each minute. */
export function revisionOf(told: string | undefined): string {
  return told ?? minute.value;
}
