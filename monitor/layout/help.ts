import { type Line, line } from "../line.ts";

const KEYS: readonly (readonly [keys: string, text: string])[] = [
  ["q, Ctrl-C", "leave: the run goes on without this screen"],
  ["Tab, Shift-Tab", "the next, the previous part of the screen"],
  ["↑ ↓ PgUp PgDn Home End", "choose a row"],
  ["l, Enter", "the log of the chosen package, build or event; Esc closes it"],
  ["/", "show only what has a text: name, state or drone; Esc ends that"],
  ["p", "pause the run: nothing new starts; again: it goes on"],
  ["u", "try again everything that failed"],
  ["b", "move what does not compile yet to where it is done sooner"],
  ["f", "finalize: shows what would be published, and asks whether it is to be"],
  ["R", "reset: cancel the run, throw away what it has not published (asks)"],
  ["Ctrl-L, Ctrl-Z", "draw the screen anew; put it in the background"],
];

/** What the keys do, and how to read the screen. */
export function helpLines(rows: number): Line[] {
  const lines = [
    line(["title", "═══ HELP ═══"]),
    ...KEYS.map(([keys, text]) => line(["name", `  ${keys.padEnd(24)}`], text)),
    line(""),
    line("  Bars go by the estimate of a build; 5m 00s + 2m 10s: it takes longer than it was to."),
    line("  load: jobs that builds were given, of the drone's cores."),
  ];
  return lines.slice(0, rows);
}
