import type { DemoFigures } from "../demo.ts";
import { ABILITIES, type Contestant, type Machine, slotsOf } from "./contestant.ts";

/** One case by one tool. */
export interface CaseFigures {
  packages: number;
  /** What it takes at least, whatever the tool: the longest path, or the work of all slots. 0 without sleeps. */
  idealSeconds: number;
  /** Wall seconds from "all is started" to "all is done". */
  seconds: number;
  /** (wall - ideal) / packages: what the tool itself costs. ms */
  perPackageMs: number;
  /** Largest sum of resident memory of the tool's processes and their commands. */
  peakMiB: number;
  /** Most commands that were seen at a time; only sleeps last long enough to be seen. */
  sleeping: number;
  /** The machine's load average when the case began. */
  loadBefore: number;
}

type Facts = Omit<Contestant, "prepare" | "run">;

/** What was measured of a tool, or why it could not be. */
export type ToolFigures = Facts & ({ version: string; noop: CaseFigures; sleep: CaseFigures } | { missing: string });

export interface CompareFigures {
  at: string;
  machine: string;
  packages: number;
  machines: Machine[];
  /** Cores that each package's time is taken for, and what that time is divided by. */
  cores: number;
  scale: number;
  tools: ToolFigures[];
  /** Null where only a part of the graph was run. */
  demo: DemoFigures | null;
}

/** The figures as a page of documentation. */
export function markdownOf(figures: CompareFigures): string {
  const { at, machine, packages, machines, cores, scale, tools, demo } = figures;
  const drones = machines.map((it) => `${it.name} ${it.slots}`).join(", ");
  const lines = [
    "# The comparison",
    "",
    "Written by `npm run bench -- compare`, from the same figures as `bench/results/compare.json`; change the bench, not this page.",
    "",
    `${at.slice(0, 10)}, ${machine}. The graph is \`graphs/desktop.json\`: ${packages} packages, where build-time and run-time needs order the builds.`,
    `Every tool has ${slotsOf(machines)} builds at once (of the swarm: ${drones}) and starts the same command for each package:`,
    "`true`, and then `sleep T`, where T is the package's time " +
      `on ${cores} cores by the graph's formula, divided by ${scale}. No build does real work, so that the tool itself is what is seen.`,
    "Cost is (wall - ideal) / packages, where ideal is 0 for `true`, and for the sleeps the longest path or, where that is more, all of them on all slots. Memory is the largest sum of resident memory of all processes of the tool; what they share is counted with each.",
    "",
    ...table(
      [
        "tool",
        "version",
        "packages",
        "`true`: wall s",
        "cost ms",
        "MiB",
        "sleeps: ideal s",
        "wall s",
        "cost ms",
        "MiB",
        "most at once",
        "load before",
      ],
      tools.map((tool) => [tool.name, ...figuresOf(tool)]),
    ),
    "",
    "How each is used:",
    ...tools.map(({ name, how }) => `- **${name}**: ${how}.`),
    "",
    "## What each can do beside that",
    "",
    ...table(
      ["tool", ...ABILITIES],
      [...tools.map((it) => [it.name, ...ABILITIES.map((a) => it.abilities[a])]), EMERGE],
    ),
    "",
    "## Where another is faster than the swarm, where slower, and why",
    "",
    ...against(tools),
  ];
  if (demo) lines.push("", ...demoLines(demo));
  return `${lines.join("\n")}\n`;
}

const EMERGE = [
  "emerge --jobs",
  "no: `emerge --resume`, by hand",
  "no",
  "no",
  "no: merge order, after all deep needs",
  "yes, of the one machine that they are installed on; not all at once",
];

function figuresOf(tool: ToolFigures): string[] {
  if ("missing" in tool) {
    const why = tool.missing.replaceAll(/\s*[\n|]\s*/g, "; ");
    return ["-", "-", `not measured: ${why}`, ...Array<string>(8).fill("")];
  }
  const { version, noop, sleep } = tool;
  const cells = (it: CaseFigures): string[] => [it.seconds.toFixed(1), it.perPackageMs.toFixed(1), `${it.peakMiB}`];
  const loads = [noop, sleep].map(({ loadBefore }) => loadBefore.toFixed(1)).join(", ");
  const slept = [sleep.idealSeconds.toFixed(1), ...cells(sleep), `${sleep.sleeping}`];
  return [version, `${noop.packages}`, ...cells(noop), ...slept, loads];
}

/** Plain words about each tool beside the swarm: by how much it is faster or slower, and why. */
function against(tools: readonly ToolFigures[]): string[] {
  const ours = tools.find(({ key }) => key === "swarm");
  if (!ours || "missing" in ours) return ["The swarm itself was not measured."];
  const others = tools.flatMap((tool) => {
    if (tool === ours || "missing" in tool) return [];
    const noop = compared(tool.noop, ours.noop);
    const sleep = compared(tool.sleep, ours.sleep);
    return [`- **${tool.name}** is ${noop} with \`true\`, ${sleep} with the sleeps: ${tool.why}.`];
  });
  return [...others, `- **${ours.name}**: ${ours.why}.`];
}

/** In wall time, or, where it ran only a part of the graph, in what a package costs. */
function compared(own: CaseFigures, ours: CaseFigures): string {
  const whole = own.packages === ours.packages;
  const [a, b] = whole ? [own.seconds, ours.seconds] : [own.perPackageMs, ours.perPackageMs];
  const [less, more] = a < b ? [a, b] : [b, a];
  const unit = whole ? "s" : "ms for each package";
  const word = a < b ? "**faster**" : "slower";
  return `${word} (${a.toFixed(1)} against ${b.toFixed(1)} ${unit}: x${(more / less).toFixed(more / less < 10 ? 2 : 0)})`;
}

function demoLines({ packages, emerge, swarm, ratio, parts }: DemoFigures): string[] {
  const shares = Object.entries(parts).map(([name, seconds]) => `${name} ${seconds.toFixed(1)} s`);
  return [
    "## Real packages: the demo's, by `emerge --jobs=2`",
    "",
    `The demo's first update, ${packages} packages, on this one machine, which the swarm's four drones share.`,
    "",
    ...table(
      ["tool", "wall s", "against emerge"],
      [
        ["emerge --jobs=2 --buildpkg", emerge.toFixed(1), "1"],
        [`Build Swarm (${shares.join(", ")})`, swarm.toFixed(1), ratio.toFixed(2)],
      ],
    ),
    "",
    ratio > 1
      ? "emerge is faster on one machine: it builds into one root, where the swarm makes a clean root with the package's needs for each build, sends the result to the binhost, has it checked and publishes it. The swarm is made for several machines; here it has one."
      : "The swarm is no slower although each build has a clean root and its result is sent, checked and published.",
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}
