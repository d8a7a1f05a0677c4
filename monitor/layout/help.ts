import { type Line, line } from "../line.ts";

const KEYS: readonly (readonly [keys: string, text: string])[] = [
  ["q, Ctrl-C", "leave: the run goes on without this screen"],
  ["Tab, Shift-Tab", "the next, the previous part of the screen"],
  ["↑ ↓ PgUp PgDn Home End", "choose a row"],
  ["l, Enter", "the log of what is chosen; Esc closes it"],
  ["/", "show only rows that have a text; Esc shows all again"],
  ["p", "pause the run: nothing new starts; again: go on"],
  ["u", "try again everything that failed"],
  ["b", "move builds to where they are done sooner"],
  ["f", "finalize: shows what would be published, and asks"],
  ["R", "reset: cancel the run, drop what is unpublished (asks)"],
  ["Ctrl-L, Ctrl-Z", "draw the screen anew; put it in the background"],
];

/** What the keys do, and how to read the screen. */
export function helpLines(rows: number): Line[] {
  const lines = [
    line(["title", "═══ HELP ═══"]),
    ...KEYS.map(([keys, text]) => line(["name", `  ${keys.padEnd(24)}`], text)),
    line(""),
    line("  Bars go by the estimate of a build; 5m 00s + 2m 10s: so much longer than that."),
    line("  load: jobs that builds were given, of the drone's cores."),
  ];
  return lines.slice(0, rows);
}
