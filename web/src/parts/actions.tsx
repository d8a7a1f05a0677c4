import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { announce } from "../state/announcer.ts";
import { isLoggingIn, whyNot } from "../state/session.ts";
import { wordsOf } from "../wire/request.ts";
import { Dialog } from "./dialog.tsx";
import { changedWords, isShown, type RunRef } from "./operate.ts";

/** What the last action has come to, shown until the next one or until it is closed. */
export const outcome = signal<{ tone: "good" | "bad"; text: string } | null>(null);

/** Does something and tells what came of it; whether it went well. */
export async function attempt(work: () => Promise<string>): Promise<boolean> {
  try {
    const text = await work();
    outcome.value = { tone: "good", text };
    announce(text);
    return true;
  } catch (error) {
    const text = wordsOf(error);
    outcome.value = { tone: "bad", text };
    announce(text);
    return false;
  }
}

/** Closes what asks about a run, with a word why, as soon as the page shows another one. */
export function useWhileShown(meant: RunRef, onClose: () => void): void {
  const isOther = !isShown(meant);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it changes
  useEffect(() => {
    if (!isOther) return;
    void attempt(() => Promise.reject(new Error(changedWords(meant))));
    onClose();
  }, [isOther]);
}

interface ButtonProps {
  children: ComponentChildren;
  /** The most important one of the view. */
  primary?: boolean;
  danger?: boolean;
  /** Where the text alone does not say what it acts on. */
  label?: string;
  /** May be a promise: meanwhile it cannot be asked for again. */
  onAct(): unknown;
}

/** A button for operators. For others it is off and says why; then it leads to the log-in. */
export function ActionButton({ children, primary = false, danger = false, label, onAct }: ButtonProps) {
  const [isBusy, setBusy] = useState(false);
  const reason = useId();
  const off = whyNot.value;
  const act = async () => {
    if (off !== null) {
      isLoggingIn.value = true;
      return;
    }
    if (isBusy) return;
    setBusy(true);
    try {
      await onAct();
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <button
        type="button"
        class={[primary && "primary", danger && "danger"].filter(Boolean).join(" ")}
        aria-disabled={off !== null || isBusy}
        aria-label={label}
        aria-describedby={off === null ? undefined : reason}
        title={off ?? undefined}
        onClick={act}
      >
        {children}
      </button>
      {off !== null && (
        <span id={reason} class="visually-hidden">
          {off}
        </span>
      )}
    </>
  );
}

/** Says once for a view why its buttons are off. */
export function WhyOff() {
  return whyNot.value === null ? null : <p class="hint">{whyNot}</p>;
}

interface ConfirmProps {
  title: string;
  /** What the button that does it says. */
  verb: string;
  danger?: boolean;
  children?: ComponentChildren;
  act(): Promise<string>;
  onClose(): void;
}

/** Asks before something is done; stays open with the reason where it is refused. */
export function Confirm({ title, verb, danger = false, children, act, onClose }: ConfirmProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isShown = useRef(true);
  useEffect(
    () => () => {
      isShown.current = false;
    },
    [],
  );
  const go = async () => {
    if (isBusy) return;
    setBusy(true);
    setProblem(null);
    const went = await attempt(act);
    // Another one may stand in its place by now: that one is not closed.
    if (!isShown.current) return;
    setBusy(false);
    if (went) onClose();
    else setProblem(outcome.value?.text ?? null);
  };
  return (
    <Dialog title={title} onClose={onClose} isBusy={isBusy}>
      {children}
      {problem !== null && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {isBusy && (
        <p class="hint" role="status">
          It is being done: that cannot be taken back any more.
        </p>
      )}
      <footer class="buttons">
        <button type="button" aria-disabled={isBusy} onClick={() => isBusy || onClose()}>
          Not now
        </button>
        <button type="button" class={danger ? "danger solid" : "primary"} aria-disabled={isBusy} onClick={go}>
          {isBusy ? "Working…" : verb}
        </button>
      </footer>
    </Dialog>
  );
}

/** Tells what the last action has come to. */
export function Outcome() {
  const last = outcome.value;
  if (last === null) return null;
  return (
    <div class={`outcome ${last.tone}`}>
      <p>{last.text}</p>
      <button
        type="button"
        class="quiet icon"
        aria-label="Close this message"
        onClick={() => {
          outcome.value = null;
        }}
      >
        ✕
      </button>
    </div>
  );
}
