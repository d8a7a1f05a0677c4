import { join } from "node:path";
import { parseCpv } from "./cpv.ts";

/** Where a drone keeps the log of an attempt; it stays when the attempt is discarded. */
export function buildLogPath(droneDir: string, run: string, cpv: string, attempt: number): string {
  const { category, pf } = parseCpv(cpv);
  return join(droneDir, "logs", run, category, `${pf}.${attempt}.log`);
}

/** The phases of a build as progress shows them, in order. */
export const BUILD_PHASES = [
  "dependencies",
  "setup",
  "unpack",
  "prepare",
  "configure",
  "compile",
  "test",
  "install",
  "package",
] as const;
export type BuildPhase = (typeof BUILD_PHASES)[number];

/** Whether a build in this phase has begun to compile, or is past that. */
export function compilesFrom(phase: BuildPhase): boolean {
  return BUILD_PHASES.indexOf(phase) >= BUILD_PHASES.indexOf("compile");
}

/** What begins a phase: lines of Portage, and for the first of our own provision.py. */
const MARKS: readonly (readonly [RegExp, BuildPhase])[] = [
  [/^>>> Installing \d+ packages that it needs/, "dependencies"],
  [/^>>> Emerging \(/, "setup"],
  [/^>>> Unpacking source/, "unpack"],
  [/^>>> Preparing source/, "prepare"],
  [/^>>> Configuring source/, "configure"],
  [/^>>> Compiling source/, "compile"],
  [/^>>> Test phase/, "test"],
  [/^>>> Install \S+ into /, "install"],
  [/^>>> Creating binpkg/, "package"],
];

const MAX_LINE = 200;

/** The phase that this line of a build's log begins, or null. */
export function phaseBegun(line: string): BuildPhase | null {
  return MARKS.find(([mark]) => mark.test(line))?.[1] ?? null;
}

/** A line fit for a screen: no control characters or colours, at most 200 characters. */
export function cleanLine(line: string): string {
  return (
    line
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
      .replaceAll(/\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007]*\u0007/g, "")
      // A progress bar rewrites its line: the last state counts.
      .replace(/^.*\r(?=[^\r])/s, "")
      .replaceAll(/\p{Cc}+/gu, " ")
      .trimEnd()
      .slice(0, MAX_LINE)
  );
}
