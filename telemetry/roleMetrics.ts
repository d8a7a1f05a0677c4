import type { StatsFs } from "node:fs";
import { statfs } from "node:fs/promises";
import { loadavg } from "node:os";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { FailureClass } from "../model/failures.ts";
import { filesBelow } from "../system/disk.ts";
import { ComputedGauge } from "./computedGauge.ts";

/** Packages differ by three orders of magnitude, from a script to a browser. seconds */
const BUILD_BUCKETS = [2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 43200];
/** seconds */
const TRANSFER_BUCKETS = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000];
/** The store is looked at as a whole no more often: it may have tens of thousands of files. ms */
const STORE_MS = 5 * 60_000;
/** A tree has some 170 categories; what comes from outside must not make a process tell without end. */
const MAX_CATEGORIES = 250;

/** How a build ended for its drone. */
export type BuildResult = "built" | "cancelled" | FailureClass;

/** What a drone counts. */
export interface DroneMetrics {
  /** A build has begun; what is returned is called at its end. */
  began(): (category: string, result: BuildResult, seconds: number) => void;
  uploaded(seconds: number, bytes: number, ok: boolean): void;
}

/** What a binhost counts. */
export interface BinhostMetrics {
  accepted(bytes: number): void;
  rejected(): void;
  published(seconds: number, ok: boolean): void;
}

export function droneMetrics(registry: Registry, drone: string, dir: string): DroneMetrics {
  const registers = [registry];
  const builds = new Histogram({
    name: "swarm_build_duration_seconds",
    help: "Builds by category and result, with what had to be prepared for them.",
    labelNames: ["drone", "category", "result"],
    buckets: BUILD_BUCKETS,
    registers,
  });
  const running = new Gauge({
    name: "swarm_builds_running",
    help: "Builds that the drone has now, of all runs.",
    labelNames: ["drone"],
    registers,
  });
  const uploads = new Histogram({
    name: "swarm_upload_duration_seconds",
    help: "Uploads of artifacts to the binhost.",
    labelNames: ["drone", "result"],
    buckets: TRANSFER_BUCKETS,
    registers,
  });
  const bytes = new Counter({
    name: "swarm_uploaded_bytes_total",
    help: "Bytes of artifacts that were uploaded.",
    labelNames: ["drone"],
    registers,
  });
  machineMetrics(registry, dir);
  running.set({ drone }, 0);
  bytes.inc({ drone }, 0);
  for (const result of ["ok", "failed"]) uploads.zero({ drone, result });
  const categories = new Set<string>();
  return {
    began: () => {
      running.inc({ drone });
      return (category, result, seconds) => {
        running.dec({ drone });
        if (categories.size < MAX_CATEGORIES) categories.add(category);
        const label = categories.has(category) ? category : "other";
        builds.observe({ drone, category: label, result }, seconds);
      };
    },
    uploaded: (seconds, size, ok) => {
      uploads.observe({ drone, result: ok ? "ok" : "failed" }, seconds);
      if (ok) bytes.inc({ drone }, size);
    },
  };
}

/** @param pool the directory with every artifact, once */
export function binhostMetrics(registry: Registry, { dir, pool }: { dir: string; pool: string }): BinhostMetrics {
  const registers = [registry];
  const artifacts = new Counter({
    name: "swarm_artifacts_total",
    help: "Artifacts that were checked, by result.",
    labelNames: ["result"],
    registers,
  });
  const bytes = new Counter({
    name: "swarm_artifacts_accepted_bytes_total",
    help: "Bytes of the artifacts that were accepted.",
    registers,
  });
  const publishes = new Histogram({
    name: "swarm_publish_duration_seconds",
    help: "Publishes of runs, by result.",
    labelNames: ["result"],
    buckets: TRANSFER_BUCKETS,
    registers,
  });
  machineMetrics(registry, dir);
  storeMetrics(registry, pool);
  // What never happened is told as 0: the first time must be seen as an increase.
  for (const result of ["accepted", "rejected"]) artifacts.inc({ result }, 0);
  for (const result of ["ok", "failed"]) publishes.zero({ result });
  return {
    accepted: (size) => {
      artifacts.inc({ result: "accepted" });
      bytes.inc(size);
    },
    rejected: () => artifacts.inc({ result: "rejected" }),
    published: (seconds, ok) => publishes.observe({ result: ok ? "ok" : "failed" }, seconds),
  };
}

function storeMetrics(registry: Registry, pool: string): void {
  let found: Awaited<ReturnType<typeof filesBelow>> | null = null;
  let looked = Number.NEGATIVE_INFINITY;
  // Nobody who reads metrics waits for it: they get what the last look found.
  const look = (): typeof found => {
    if (performance.now() - looked > STORE_MS) {
      looked = performance.now();
      void filesBelow(pool).then((now) => {
        found = now;
      });
    }
    return found;
  };
  const help = "looked at every few minutes.";
  const gauge = (name: string, what: string, value: (store: NonNullable<typeof found>) => number): void => {
    new ComputedGauge<typeof found>(
      { name, help: `${what}; ${help}`, values: (store) => [[{}, store && value(store)]] },
      look,
      registry,
    );
  };
  gauge("swarm_store_files", "Files of the artifacts that the binhost has", ({ files }) => files);
  gauge("swarm_store_bytes", "Bytes of the artifacts that the binhost has", ({ bytes }) => bytes);
  look();
}

/** The disk that a role writes to, and its machine's load: looked at when somebody asks. */
function machineMetrics(registry: Registry, dir: string): void {
  const registers = [registry];
  /** A disk that is not there has no value: everything else is told. */
  const ofDisk = async (gauge: Gauge, value: (disk: StatsFs) => number): Promise<void> => {
    const disk = await statfs(dir).catch(() => null);
    if (disk) gauge.set(value(disk));
    else gauge.remove();
  };
  new Gauge({
    ...{ name: "swarm_disk_size_bytes", help: "Size of the filesystem that the role writes to.", registers },
    collect() {
      return ofDisk(this, ({ blocks, bsize }) => blocks * bsize);
    },
  });
  new Gauge({
    ...{ name: "swarm_disk_free_bytes", help: "Free disk where the role writes.", registers },
    collect() {
      return ofDisk(this, ({ bavail, bsize }) => bavail * bsize);
    },
  });
  new Gauge({
    ...{ name: "swarm_machine_load1", help: "Load average of the role's machine over a minute.", registers },
    collect() {
      this.set(loadavg()[0] ?? 0);
    },
  });
}
