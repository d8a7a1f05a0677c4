import type { DroneFacts, DroneSyncReport, DroneView } from "../../model/fleet.ts";

/** A moment for tests of pure state. ms since the epoch */
export const NOW = 1_700_000_000_000;

export const facts = (name: string, change: Partial<DroneFacts> = {}): DroneFacts => ({
  name,
  id: `${name}-id`,
  cores: 8,
  slots: 2,
  memoryBytes: 64e9,
  diskFreeBytes: 1e12,
  lowDiskBytes: 1e8,
  portage: "3.0.83",
  chost: "x86_64-pc-linux-gnu",
  compiler: "gcc 14",
  libc: "glibc 2.40",
  clock: NOW,
  ...change,
});

export const droneView = (name: string, change: Partial<DroneView> = {}): DroneView => ({
  facts: facts(name),
  state: "online",
  paused: false,
  grounded: null,
  strikes: 0,
  since: NOW,
  ...change,
});

export const syncReport = (name: string, change: Partial<DroneSyncReport> = {}): DroneSyncReport => ({
  name,
  tree: "git:a",
  treeTime: "2026-11-21T00:00:00Z",
  bundle: "b",
  chost: "x86_64-pc-linux-gnu",
  compiler: "gcc 14",
  libc: "glibc 2.40",
  portage: "3.0.83",
  ...change,
});
