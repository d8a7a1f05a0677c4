import type { DroneView } from "../../model/fleet.ts";
import type { Reading } from "../../model/reading.ts";
import type { PackageView, RunDrone, RunView } from "../../model/run.ts";

/** 2026-11-21 01:13:04 UTC, twelve minutes after the run began. */
export const NOW = Date.UTC(2026, 10, 21, 1, 13, 4);
const STARTED = NOW - (12 * 60 + 4) * 1000;

export function droneView(name: string, cores: number, changes: Partial<DroneView> = {}): DroneView {
  return {
    facts: {
      name,
      id: `id-of-${name}`,
      cores,
      slots: 2,
      memoryBytes: 32 * 1024 ** 3,
      diskFreeBytes: 100 * 1024 ** 3,
      lowDiskBytes: 2 * 1024 ** 3,
      portage: "3.0.83",
      chost: "x86_64-pc-linux-gnu",
      compiler: "gcc 14.2.0",
      libc: "glibc 2.41",
      clock: NOW,
    },
    state: "online",
    paused: false,
    grounded: null,
    strikes: 0,
    since: STARTED,
    ...changes,
  };
}

export function runDrone(name: string, cores: number, changes: Partial<RunDrone> = {}): RunDrone {
  return {
    name,
    cores,
    slots: 2,
    state: "verified",
    paused: false,
    reason: null,
    treeTime: "2026-11-21T00:45:00Z",
    building: [],
    ...changes,
  };
}

export function runView(changes: Partial<RunView> = {}): RunView {
  return {
    run: "desktop-20261121-0101",
    target: "desktop",
    step: "build",
    startedAt: STARTED,
    endedAt: null,
    stepSince: STARTED,
    counts: { needed: 47, delegated: 1, received: 36, failed: 0, skipped: 0 },
    etaSeconds: 8040,
    etaRange: { low: 7200, high: 9900 },
    paused: null,
    drones: [
      runDrone("izar", 16, {
        building: [{ cpv: "dev-libs/openssl-3.0.2", attempt: 1, startedAt: NOW - 190_000, jobs: 8 }],
      }),
      runDrone("tarn", 14),
    ],
    plan: "0".repeat(64),
    tree: "git:0123456789abcdef",
    bundle: "1".repeat(64),
    base: null,
    snapshot: null,
    reason: null,
    unresolvable: [],
    notices: [],
    failed: [],
    events: [],
    options: { autoFinalize: false, acceptFailed: false },
    ...changes,
  };
}

export function packageView(cpv: string, changes: Partial<PackageView> = {}): PackageView {
  return { cpv, state: "needed", reason: "not in the snapshot", attempts: [], ...changes };
}

export function reading(changes: Partial<Reading> = {}): Reading {
  return {
    at: NOW,
    engine: { address: "localhost:7233", problem: null },
    orchestrators: 2,
    binhost: { address: "http://localhost:8080", problem: null },
    targets: ["desktop"],
    fleet: { drones: [droneView("izar", 16), droneView("tarn", 14)], refused: [] },
    run: runView(),
    runProblem: null,
    building: [
      { cpv: "dev-libs/openssl-3.0.2", attempt: 1, phase: "compile", elapsed: 190, lastLine: "", problem: null },
    ],
    others: [],
    ...changes,
  };
}
