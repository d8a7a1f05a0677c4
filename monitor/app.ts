import { Box, type Instance, type Key, render, Text, useApp, useInput } from "ink";
import { createElement, memo, type ReactElement, useEffect } from "react";
import type { KeyPress, NamedKey } from "./keys.ts";

/** The terminal of a screen that is drawn by ink: whole frames in, keys out. */
export interface Shell {
  draw(lines: readonly string[]): void;
  /** Draws everything anew, also what should be there already. */
  redraw(lines: readonly string[]): void;
  /** Gives the terminal back until `resume` is called. */
  suspend(): Promise<{ resume: () => Promise<void> }>;
  /** Restores the terminal. */
  close(): void;
}

type SuspendTerminal = ReturnType<typeof useApp>["suspendTerminal"];

interface Handlers {
  onKey: (key: KeyPress) => void;
  onSuspender: (suspend: SuspendTerminal) => void;
}

/** A row. An empty text takes no row in ink. */
const Row = memo(
  ({ text }: { text: string }): ReactElement => createElement(Text, { wrap: "truncate-end" }, text === "" ? " " : text),
);

const rowOf = (text: string): ReactElement => createElement(Row, { text });

function Screen({ lines, onKey, onSuspender }: Handlers & { lines: readonly string[] }): ReactElement {
  const { suspendTerminal } = useApp();
  useEffect(() => onSuspender(suspendTerminal), [suspendTerminal, onSuspender]);
  useInput((input, key) => {
    for (const pressed of keysOf(input, key)) onKey(pressed);
  });
  return createElement(Box, { flexDirection: "column" }, ...lines.map(rowOf));
}

const NAMED: readonly (readonly [keyof Key, NamedKey])[] = [
  ["upArrow", "up"],
  ["downArrow", "down"],
  ["leftArrow", "left"],
  ["rightArrow", "right"],
  ["pageUp", "pageUp"],
  ["pageDown", "pageDown"],
  ["home", "home"],
  ["end", "end"],
  ["return", "enter"],
  ["escape", "escape"],
  ["backspace", "backspace"],
  // What most terminals send for the key above Enter.
  ["delete", "backspace"],
];

/** Keys that were pressed so fast that they came together are one input. */
function keysOf(input: string, key: Key): KeyPress[] {
  if (key.ctrl) {
    const name = ({ c: "ctrl-c", l: "ctrl-l", z: "ctrl-z" } as const)[input];
    return name ? [{ name }] : [];
  }
  if (key.tab) return [{ name: key.shift ? "backTab" : "tab" }];
  const named = NAMED.find(([each]) => key[each]);
  if (named) return [{ name: named[1] }];
  const typed = [...input].map((character): KeyPress => (character === "\r" ? { name: "enter" } : { character }));
  // Escape and a key right after it arrive like that key with Alt, which means nothing here.
  return key.meta ? [{ name: "escape" }, ...typed] : typed;
}

/** Takes the terminal: its alternate screen, its keys. */
export function openShell(
  lines: readonly string[],
  { stdin, stdout }: { stdin: NodeJS.ReadStream; stdout: NodeJS.WriteStream },
  onKey: (key: KeyPress) => void,
): Shell {
  let suspendTerminal: SuspendTerminal | null = null;
  const onSuspender = (suspend: SuspendTerminal): void => {
    suspendTerminal = suspend;
  };
  const screen = (shown: readonly string[]): ReactElement =>
    createElement(Screen, { lines: shown, onKey, onSuspender });
  const ink: Instance = render(screen(lines), {
    stdin,
    stdout,
    alternateScreen: true,
    // Only what has changed is written, as one update where the terminal knows how.
    incrementalRendering: true,
    exitOnCtrlC: false,
    patchConsole: true,
    interactive: true,
  });
  return {
    draw: (shown) => ink.rerender(screen(shown)),
    redraw: (shown) => {
      ink.clear();
      ink.rerender(screen(shown));
    },
    suspend: async () => {
      const suspension = await suspendTerminal?.();
      return suspension ?? { resume: async () => {} };
    },
    close: () => {
      ink.unmount();
      ink.cleanup();
    },
  };
}
