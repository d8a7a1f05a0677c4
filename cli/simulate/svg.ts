import { duration } from "../../model/words.ts";
import type { ChainLink } from "../../scheduler/criticalChain.ts";
import type { Schedule, SimBuild, SimDrone } from "../../scheduler/simulate.ts";

/** A schedule and the words for it. */
export interface Timeline {
  /** What it is, in one line. */
  title: string;
  drones: readonly SimDrone[];
  schedule: Schedule;
  chain: readonly ChainLink[];
  cpvOf: (index: number) => string;
}

const WIDTH = 1600;
const LEFT = 120;
const RIGHT = 20;
const TOP = 56;
const ROW = 12;
const GAP = 10;
/** Bars that are narrower are drawn together with their neighbours. Pixels. */
const TINY = 1.5;

const STYLE = `
  svg { background: #ffffff; font: 11px system-ui, sans-serif; }
  text { fill: #222222; }
  .title { font-size: 14px; font-weight: 600; }
  .faint { fill: #666666; }
  .lane { fill: #f3f4f6; }
  .grid { stroke: #d4d6db; stroke-width: 1; }
  .built { fill: #7aa6d8; }
  .many { fill: #a9c4e4; }
  .critical { fill: #e08a1e; }
  .failed, .lost, .dropped { fill: #d13438; }
  .gone { fill: #d13438; opacity: 0.12; }
  rect:hover { opacity: 0.7; }
  @media (prefers-color-scheme: dark) {
    svg { background: #16181c; }
    text { fill: #e6e6e6; }
    .faint { fill: #9a9ea6; }
    .lane { fill: #202329; }
    .grid { stroke: #383c44; }
    .built { fill: #4d7fb8; }
    .many { fill: #3a5f8a; }
    .critical { fill: #f2a13c; }
    .failed, .lost, .dropped { fill: #ef5a5f; }
  }
`;

/** One rectangle: a build, or several too small to be told apart. */
interface Bar {
  start: number;
  end: number;
  kind: SimBuild["outcome"] | "many" | "critical";
  tip: string;
}

/** The schedule as an SVG picture: drones as lanes, the builds of a drone stacked, the critical path marked. */
export function timelineSvg({ title, drones, schedule, chain, cpvOf }: Timeline): string {
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(schedule.makespan, 1e-9);
  const x = (seconds: number): string => (LEFT + seconds * scale).toFixed(2);
  const critical = new Set(chain.map((link) => link.build));
  const parts: string[] = [];
  let y = TOP;
  for (const drone of drones) {
    const rows = stack(schedule.builds.filter((build) => build.drone === drone.name));
    const height = Math.max(2, rows.length) * ROW;
    parts.push(rect("lane", LEFT, y, WIDTH - LEFT - RIGHT, height));
    parts.push(text("", LEFT - 8, y + 11, drone.name, "end"));
    const speed = drone.speed === 1 ? "" : ` x${drone.speed}`;
    parts.push(text("faint", LEFT - 8, y + 23, `${drone.cores} cores${speed}`, "end"));
    rows.forEach((row, at) => {
      const bars = row.map((build) => barOf(build, critical.has(build), cpvOf));
      for (const bar of joined(bars, TINY / scale)) {
        const width = Math.max((bar.end - bar.start) * scale, 0.5).toFixed(2);
        const tip = `<title>${escaped(bar.tip)}</title>`;
        parts.push(
          `<rect class="${bar.kind}" x="${x(bar.start)}" y="${y + at * ROW + 1}" width="${width}" height="${ROW - 2}">${tip}</rect>`,
        );
      }
    });
    if (drone.lostAt !== undefined && drone.lostAt < schedule.makespan) {
      parts.push(rect("gone", LEFT + drone.lostAt * scale, y, (schedule.makespan - drone.lostAt) * scale, height));
    }
    y += height + GAP;
  }
  const height = y + 24;
  const axis = ticks(schedule.makespan).flatMap((seconds) => [
    `<line class="grid" x1="${x(seconds)}" x2="${x(seconds)}" y1="${TOP - 4}" y2="${y - GAP + 4}"/>`,
    text("faint", LEFT + seconds * scale, y + 8, seconds === 0 ? "0" : duration(seconds * 1000), "middle"),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    text("title", 16, 22, title, "start"),
    ...legend(),
    // The grid lies over the lanes and under the bars' tooltips: it takes no pointer.
    `<g pointer-events="none">${axis.join("")}</g>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

/** Builds in as few rows as they need, none over another. */
function stack(builds: readonly SimBuild[]): SimBuild[][] {
  const rows: SimBuild[][] = [];
  for (const build of builds.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const row = rows.find((each) => (each.at(-1)?.end ?? 0) <= build.start + 1e-6);
    if (row) row.push(build);
    else rows.push([build]);
  }
  return rows;
}

function barOf({ index, jobs, start, end, outcome }: SimBuild, critical: boolean, cpvOf: Timeline["cpvOf"]): Bar {
  const times = `${duration(start * 1000)} - ${duration(end * 1000)} (${duration((end - start) * 1000)})`;
  const tip = `${cpvOf(index)}\n-j${jobs}, ${times}${outcome === "built" ? "" : `, ${outcome}`}`;
  return { start, end, kind: outcome !== "built" ? outcome : critical ? "critical" : "built", tip };
}

/** The bars of a row, runs of usual ones that are narrower than `tiny` drawn as one. */
function joined(bars: readonly Bar[], tiny: number): Bar[] {
  const result: Bar[] = [];
  let run: Bar[] = [];
  const flush = (): void => {
    const [first, last] = [run[0], run.at(-1)];
    if (first && last && first !== last) {
      const tip = `${run.length} builds, ${duration(first.start * 1000)} - ${duration(last.end * 1000)}: ${nameIn(first)} ... ${nameIn(last)}`;
      result.push({ start: first.start, end: last.end, kind: "many", tip });
    } else if (first) result.push(first);
    run = [];
  };
  for (const bar of bars) {
    const isTiny = bar.kind === "built" && bar.end - bar.start < tiny;
    const last = run.at(-1);
    if (!isTiny || (last && bar.start - last.end > tiny / 2)) flush();
    if (isTiny) run.push(bar);
    else result.push(bar);
  }
  flush();
  return result;
}

const nameIn = ({ tip }: Bar): string => tip.split("\n", 1)[0] ?? "";

/** Moments on the axis: about ten, at round times. */
function ticks(makespan: number): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200];
  const step = steps.find((each) => makespan / each <= 12) ?? Math.ceil(makespan / 12 / 86_400) * 86_400;
  return Array.from({ length: Math.floor(makespan / step) + 1 }, (_, i) => i * step);
}

function legend(): string[] {
  const kinds: [Bar["kind"], string][] = [
    ["built", "a build"],
    ["many", "several small ones"],
    ["critical", "the critical path"],
    ["failed", "failed, lost, dropped"],
  ];
  return kinds.flatMap(([kind, words], i) => [
    rect(kind, 16 + i * 150, 32, 12, 10),
    text("faint", 34 + i * 150, 41, words, "start"),
  ]);
}

function rect(kind: string, x: number, y: number, width: number, height: number): string {
  return `<rect class="${kind}" x="${x.toFixed(2)}" y="${y}" width="${width.toFixed(2)}" height="${height}"/>`;
}

function text(kind: string, x: number, y: number, words: string, anchor: "start" | "middle" | "end"): string {
  const style = kind === "" ? "" : ` class="${kind}"`;
  return `<text${style} x="${x.toFixed(2)}" y="${y}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

/** For the inside of an element and of an attribute. */
function escaped(words: string): string {
  return (
    words
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      // XML 1.0 has no way to write these.
      .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
  );
}
