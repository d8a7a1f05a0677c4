import type { BuildFailure } from "../../model/failures.ts";
import { droneMark, EVENT_MARKS, PACKAGE_MARKS, pauseWords } from "../../model/marks.ts";
import type { AttemptView, PackageView } from "../../model/run.ts";
import { clock, duration } from "../../model/words.ts";
import { fitText, type Line, line, widthOf } from "../line.ts";
import type { BuildRow, DroneRow, EventRow, PackageRow, Row } from "../rows.ts";
import { bar } from "./bar.ts";

/** What rows are drawn with. */
export interface Drawing {
  width: number;
  /** Time at which what is shown was so, and when it was asked. ms since the epoch */
  asOf: number;
  askedAt: number;
  /** Columns of the longest name of a drone. */
  nameWidth: number;
}

/** How many lines a row has: a failure has its error line under it, where that is not in the row itself. */
export function rowsOf(row: Row, width: number): number {
  return row.kind === "package" && errorUnder(row.pkg, width) !== null ? 2 : 1;
}

/** A row with what is under it. */
export function rowLines(row: Row, drawing: Drawing): Line[] {
  const first = rowLine(row, drawing);
  const error = row.kind === "package" ? errorUnder(row.pkg, drawing.width) : null;
  return error === null ? [first] : [first, line(["bad", `    │ ${error}`])];
}

function rowLine(row: Row, drawing: Drawing): Line {
  switch (row.kind) {
    case "drone":
      return droneLine(row, drawing);
    case "build":
      return buildLine(row, drawing);
    case "package":
      return packageLine(row, drawing);
    case "event":
      return eventLine(row);
  }
}

function droneLine({ drone, part }: DroneRow, { nameWidth, asOf }: Drawing): Line {
  const { glyph, word, tone } = droneMark(drone, part);
  const { name, cores, slots, busyCores } = drone.facts;
  const builds = part?.building ?? [];
  const used = builds.reduce((sum, { jobs }) => sum + jobs, 0);
  const reason = [pauseWords(drone, asOf), drone.grounded ?? part?.reason].filter(Boolean).join("; ");
  const busy = busyCores === undefined || busyCores === 0 ? "" : `  ${busyCores} busy otherwise`;
  return line(
    [tone, glyph],
    ` ${name.padEnd(nameWidth)}  `,
    [tone === "good" ? undefined : tone, word.padEnd(9)],
    ` ${String(cores).padStart(3)} cores  load `,
    [used > cores ? "warn" : undefined, `${String(used).padStart(3)}/${cores}`],
    `  ${builds.length}/${slots} slots${busy}`,
    ["faint", reason === "" ? "" : `  ${reason}`],
  );
}

/** Room for `12m 04s of 1h 20m`, and for the name of a phase. */
const TIMES = 20;
const PHASE = 10;

function buildLine({ cpv, jobs, startedAt, estimateSeconds, progress }: BuildRow, drawing: Drawing): Line {
  const { width, asOf, askedAt } = drawing;
  const passed = Math.max(0, asOf - askedAt);
  const elapsed = progress ? progress.elapsed * 1000 + passed : Math.max(0, asOf - startedAt);
  const barWidth = Math.min(30, Math.max(8, Math.floor((width - 60) / 3)));
  const name = Math.max(20, width - 4 - barWidth - TIMES - PHASE - 9);
  const tail = line(` -j${jobs}`);
  const problem = progress?.problem?.split("\n")[0];
  const shown = [` ${fitText(`  ${cpv}`, name)} `, ["name", fitText(progress?.phase ?? "begins", PHASE)]] as const;
  if (problem) return line(...shown, ["warn", ` is tried again: ${problem}`]);
  const estimate = (estimateSeconds ?? 0) * 1000;
  if (estimate <= 0) {
    return line(...shown, " ".repeat(barWidth + 2), fitText(duration(elapsed), TIMES), ...texts(tail));
  }
  const isOver = elapsed > estimate;
  const times = isOver
    ? `${duration(estimate)} + ${duration(elapsed - estimate)}`
    : `${duration(elapsed)} of ${duration(estimate)}`;
  return line(
    ...shown,
    " ",
    [isOver ? "warn" : "good", bar(elapsed / estimate, barWidth)],
    " ",
    [isOver ? "warn" : undefined, fitText(times, TIMES)],
    ...texts(tail),
  );
}

function texts({ spans }: Line): string[] {
  return spans.map(({ text }) => text);
}

const STATE = 9;

function packageLine({ pkg }: PackageRow, { width, asOf }: Drawing): Line {
  const { glyph, word, tone } = PACKAGE_MARKS[pkg.state];
  return line(
    [tone, glyph],
    ` ${fitText(pkg.cpv, nameColumns(pkg, width))} `,
    [tone, word.padEnd(STATE)],
    [pkg.state === "failed" ? "bad" : undefined, detail(pkg, asOf)],
  );
}

function nameColumns({ cpv }: PackageView, width: number): number {
  const name = Math.max(24, Math.min(60, Math.floor(width * 0.4)));
  return Math.max(name, Math.min(widthOf(cpv), width - 40));
}

/** The error line of a package that failed, or is tried again; null: there is none, or the row has it as it is. */
function errorUnder(pkg: PackageView, width: number): string | null {
  if (pkg.state !== "failed" && pkg.state !== "needed") return null;
  const failure = lastFailure(pkg);
  if (failure?.errorLine === undefined) return null;
  const room = width - 3 - nameColumns(pkg, width) - STATE;
  const isSeen = failure.message.includes(failure.errorLine) && widthOf(detail(pkg, 0)) <= room;
  return isSeen ? null : failure.errorLine.trim();
}

function lastFailure({ state, attempts }: PackageView): BuildFailure | undefined {
  return state === "needed" ? attempts.at(-1)?.failure : attempts.findLast(({ failure }) => failure)?.failure;
}

/** What there is to say of a package beside its state. */
function detail(pkg: PackageView, asOf: number): string {
  const { state, attempts, cause, reason } = pkg;
  const last = attempts.at(-1);
  const took = ({ drone, startedAt, endedAt }: AttemptView): string =>
    `${drone}, ${duration(Math.max(0, (endedAt ?? asOf) - startedAt))}`;
  switch (state) {
    case "needed":
      return last?.failure ? `again, after: ${last.failure.message}` : reason;
    case "delegated":
      return last ? `${took(last)}${last.attempt > 1 ? `, attempt ${last.attempt}` : ""}` : "";
    case "received":
      return last ? took(attempts.findLast(({ supersededBy }) => supersededBy === undefined) ?? last) : "";
    case "failed":
      return lastFailure(pkg)?.message ?? "";
    case "skipped":
      return `needs ${cause ?? "a failed package"}`;
  }
}

function eventLine({ event: { at, kind, text } }: EventRow): Line {
  const [glyph, tone] = EVENT_MARKS[kind];
  return line(["faint", clock(at)], " ", [tone, glyph], ` ${text}`);
}
