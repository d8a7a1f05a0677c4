import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { AttemptRecord } from "../../model/history.ts";
import { BuildHistory } from "../../store/history.ts";
import { temporaryDirectory } from "./support.ts";

/** An attempt that took a minute, in the minute `at` of the epoch's first day. */
export function attemptAt(at: number, changes: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    run: `desktop-${at}`,
    target: "desktop",
    cpv: "app-misc/hello-1.0",
    drone: "izar",
    attempt: 1,
    jobs: 4,
    startedAt: at * 60_000,
    endedAt: at * 60_000 + 60_000,
    result: "built",
    message: null,
    prepareSeconds: 2.5,
    buildSeconds: 50,
    uploadSeconds: 0.25,
    phases: [
      { name: "unpack", seconds: 1.5 },
      { name: "compile", seconds: 40 },
    ],
    cpuSeconds: 120.5,
    peakMemoryBytes: 400e6,
    peakDiskBytes: 1500e6,
    speed: 1.5,
    sourceBytes: 1_000_000,
    artifactBytes: 20_000,
    ...changes,
  };
}

/** One that gave nothing. */
export function failureAt(at: number, changes: Partial<AttemptRecord> = {}): AttemptRecord {
  return attemptAt(at, {
    ...{ result: "package", message: "compile phase: thing undeclared", phases: [], cpuSeconds: null },
    ...{ prepareSeconds: null, buildSeconds: null, uploadSeconds: null, peakMemoryBytes: null, artifactBytes: null },
    peakDiskBytes: null,
    ...changes,
  });
}

/** A history, and what it says in the log. */
export async function newHistory(file?: string): Promise<{ history: BuildHistory; file: string; said: string[] }> {
  const path = file ?? join(await temporaryDirectory(), "history.db");
  const said: string[] = [];
  const history = new BuildHistory(path, (message) => said.push(message));
  onTestFinished(() => history.close());
  return { history, file: path, said };
}

export const ALL = { package: null, target: null, limit: 1000, offset: 0 };
