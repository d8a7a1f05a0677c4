import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { announceHeld } from "../state/announcer.ts";

interface Props {
  title: string;
  onClose(): void;
  /** What was asked for is being done: it cannot be closed until that has an answer. */
  isBusy?: boolean;
  children: ComponentChildren;
}

/** A question that has to be answered first. Escape and a click beside it close it; the focus goes back to where it was. */
export function Dialog({ title, onClose, isBusy = false, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  /** The pointer went down beside it: a selection of text may end there too. */
  const isBeside = useRef(false);
  const close = () => {
    if (!isBusy) onClose();
    // A browser lets Escape close it whatever the page says.
    else if (element.current?.open === false) element.current.showModal();
  };
  useEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    // Not the button that closes it: what is asked for, or else the answer that changes nothing.
    element.current?.querySelector<HTMLElement>("input, .buttons button")?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      // When it is gone: what lies behind it is told to nobody.
      requestAnimationFrame(announceHeld);
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a <dialog> closes on Escape by itself
    <dialog
      ref={element}
      aria-labelledby={heading}
      onClose={close}
      onCancel={(event) => {
        if (isBusy) event.preventDefault();
      }}
      onPointerDown={(event) => {
        isBeside.current = event.target === element.current;
      }}
      onClick={(event) => {
        if (isBeside.current && event.target === element.current) close();
      }}
    >
      <div class="dialog-body">
        <header>
          <h2 id={heading}>{title}</h2>
          <button type="button" class="quiet icon" aria-label="Close" aria-disabled={isBusy} onClick={close}>
            ✕
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
