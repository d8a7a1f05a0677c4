import { effect, signal } from "@preact/signals";
import { STEP_WORDS } from "../../../model/marks.ts";
import { count } from "../../../model/words.ts";
import { run } from "./live.ts";

/** What a screen reader is told; it is polite: never in the middle of a sentence. The number tells the same text said twice. */
export const announcement = signal({ text: "", number: 0 });

/** Waits until no dialog is open: nothing outside of one is read out. */
let held: string | null = null;

export function announce(text: string): void {
  held = text;
  announceHeld();
}

/** Says what was to be said while a dialog was open, if none is now. */
export function announceHeld(): void {
  if (held === null || document.querySelector("dialog[open]") !== null) return;
  announcement.value = { text: held, number: announcement.peek().number + 1 };
  held = null;
}

/** Tells of a run's steps, of each tenth of its packages, and of failures; nothing else, so that it is not chatty. */
export function startAnnouncer(): void {
  let before: { run: string; step: string; tenths: number; failed: number } | null = null;
  effect(() => {
    const view = run.value;
    if (view === null) return;
    const { needed, delegated, received, failed, skipped } = view.counts;
    const all = needed + delegated + received + failed + skipped;
    const tenths = all === 0 ? 0 : Math.floor((10 * received) / all);
    const last = before;
    before = { run: view.run, step: view.step, tenths, failed };
    if (last === null || last.run !== view.run) return;
    if (last.step !== view.step) announce(`The run: ${STEP_WORDS[view.step][0]}.`);
    else if (failed > last.failed) announce(`${count(failed, "package")} failed.`);
    else if (tenths > last.tenths) announce(`${received} of ${count(all, "package")} built.`);
  });
}
