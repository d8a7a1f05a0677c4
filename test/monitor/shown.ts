import type { RunEvent } from "../../model/events.ts";
import type { PackageView } from "../../model/run.ts";
import { frame } from "../../monitor/layout/frame.ts";
import type { Size } from "../../monitor/layout/panes.ts";
import { render } from "../../monitor/line.ts";
import type { Shown } from "../../monitor/source.ts";
import { initialState, type MonitorState } from "../../monitor/state.ts";
import { NOW, packageView, reading } from "../cli/views.ts";

const NAMES = ["app-misc/broken-1", "app-misc/after-1", "dev-libs/openssl-3.0.2", "dev-libs/zlib-1.3", "sys-apps/a-1"];

/** One package of each state. */
export function packagesOfAll(): PackageView[] {
  const [broken, after, openssl, zlib, waiting] = NAMES as [string, string, string, string, string];
  const attempt = { attempt: 1, drone: "izar", jobs: 8, startedAt: NOW - 190_000 };
  return [
    packageView(waiting),
    packageView(zlib, { state: "received", attempts: [{ ...attempt, endedAt: NOW - 100_000 }] }),
    packageView(after, { state: "skipped", cause: broken }),
    packageView(openssl, { state: "delegated", attempts: [attempt] }),
    packageView(broken, {
      state: "failed",
      attempts: [
        { ...attempt, endedAt: NOW - 50_000, failure: { class: "package", message: "compile phase: no such" } },
      ],
    }),
  ];
}

export function runEvents(number: number): RunEvent[] {
  return Array.from({ length: number }, (_, i) => ({
    id: `0001.${String(i).padStart(6, "0")}`,
    at: NOW - (number - i) * 1000,
    kind: "received",
    cpv: `dev-libs/lib${i}-1`,
    attempt: 1,
    drone: "tarn",
    text: `dev-libs/lib${i}-1 is received from tarn`,
  }));
}

export function shown(changes: Partial<Shown> = {}): Shown {
  return { reading: reading(), packages: packagesOfAll(), events: runEvents(3), at: NOW, stale: null, ...changes };
}

export function stateOf(changes: Partial<MonitorState> = {}): MonitorState {
  return { ...initialState(null, NOW), shown: shown(), ...changes };
}

export const SMALL: Size = { columns: 80, rows: 24 };
export const WIDE: Size = { columns: 200, rows: 50 };

/** The screen without colours, lines without the spaces at their ends. */
export function screen(state: MonitorState, size: Size = SMALL, ascii = false): string[] {
  return frame(state, size).map((line) => render(line, (_, text) => text, ascii).trimEnd());
}

/** The lines of a pane, from its title to the next one. */
export function paneOf(lines: readonly string[], title: string): string[] {
  const start = lines.findIndex((line) => new RegExp(`^[═─]{3} ${title}\\b`).test(line));
  const end = lines.findIndex((line, index) => index > start && /^[═─]{3} /.test(line));
  return lines.slice(start, end < 0 ? lines.length - 1 : end);
}
