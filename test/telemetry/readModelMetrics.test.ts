import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { failed } from "../../bench/noop/drone.ts";
import { pkg } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import { gatewayMetrics } from "../../telemetry/readModelMetrics.ts";
import { Watcher } from "../../watch/watcher.ts";
import { pauseUpdate } from "../../workflows/messages.ts";
import { accessTo } from "../support/access.ts";
import { Builds, held } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { valuesOf } from "./metricText.ts";

test("what the read model tells of a run that is under way, and only what is known", async () => {
  const { build, release } = held();
  const builds = new Builds(async (order, drone, signal) => {
    if (order.cpv === "net-misc/broken-1.2") throw failed("package", "compile phase: thing undeclared");
    await build(order, drone, signal);
  });
  await using swarm = await noopSwarm({
    plan: { packages: [pkg("dev-libs/a-1"), pkg("dev-libs/b-2", [0]), pkg("net-misc/broken-1.2"), pkg("app-x/c-1")] },
    drones: [{ name: "izar", cores: 8, slots: 1, build: builds.build }],
  });
  await using access = await accessTo(swarm);
  const registry = new Registry();
  const metrics = gatewayMetrics(registry);
  const scrape = async () => valuesOf(await registry.metrics());
  // Nothing is known yet: no zeros that somebody could take for knowledge.
  expect([...(await scrape()).keys()]).toEqual([]);

  const watcher = new Watcher(access, { log: () => {} });
  watcher.subscribe(() => metrics.observe(watcher.current()));
  await watcher.now();
  metrics.observe(watcher.current());
  const idle = await scrape();
  expect(idle.get("swarm_engine_up")).toBe(1);
  expect(idle.get("swarm_orchestrators")).toBe(1);
  expect(idle.get("swarm_runs_in_progress")).toBe(0);
  expect(idle.get('swarm_drone_state{drone="izar",state="online"}')).toBe(1);
  expect(idle.get("swarm_drones_online")).toBe(1);
  expect([...idle.keys()].filter((name) => name.startsWith("swarm_run_"))).toEqual([]);

  await swarm.run();
  const state = (cpv: string) => watcher.current()?.packages.find((each) => each.cpv === cpv)?.state;
  // The one slot has a build that is held; the broken one is next to it in the queue.
  await until("a build is shown", async () => watcher.current()?.packages.some(({ state }) => state === "delegated"));
  const running = await scrape();
  expect(running.get("swarm_runs_in_progress")).toBe(1);
  expect(running.get('swarm_run_step{step="build",target="desktop"}')).toBe(1);
  expect(running.get('swarm_run_step{step="gate",target="desktop"}')).toBe(0);
  expect(running.get('swarm_run_paused{target="desktop"}')).toBe(0);
  expect(running.has('swarm_run_end_timestamp_seconds{target="desktop"}')).toBe(false);
  expect(running.has('swarm_run_paused_timestamp_seconds{target="desktop"}')).toBe(false);
  expect(running.get('swarm_drone_slots{drone="izar"}')).toBe(1);
  expect(running.get('swarm_drone_slots_used{drone="izar"}')).toBe(1);
  expect(running.get('swarm_drone_jobs{drone="izar"}')).toBeGreaterThan(0);
  expect(running.get('swarm_drone_disk_free_bytes{drone="izar"}')).toBe(1e11);
  const ready = running.get('swarm_queue_ready_packages{target="desktop"}') ?? 0;
  expect(ready).toBeGreaterThan(0);
  expect(running.get('swarm_queue_oldest_wait_seconds{target="desktop"}')).toBeGreaterThan(0);

  release();
  await until(
    "all ended",
    async () => state("dev-libs/b-2") === "received" && state("net-misc/broken-1.2") === "failed",
  );
  await until("the gate is shown", async () => watcher.current()?.reading.run?.step === "gate");
  const gate = await scrape();
  const packages = Object.fromEntries(
    ["needed", "delegated", "received", "failed", "skipped"].map((each) => [
      each,
      gate.get(`swarm_packages{state="${each}",target="desktop"}`),
    ]),
  );
  expect(packages).toEqual({ needed: 0, delegated: 0, received: 3, failed: 1, skipped: 0 });
  expect(gate.get('swarm_run_attempts{result="built",target="desktop"}')).toBe(3);
  expect(gate.get('swarm_run_attempts{result="package",target="desktop"}')).toBeGreaterThan(0);
  expect(gate.get('swarm_queue_ready_packages{target="desktop"}')).toBe(0);
  const longest = [...gate.keys()].filter((key) => key.startsWith("swarm_run_longest_build_seconds"));
  expect(longest).toContain('swarm_run_longest_build_seconds{package="dev-libs/a",result="built",target="desktop"}');
  const lastStart = gate.get('swarm_run_last_build_start_timestamp_seconds{target="desktop"}') ?? 0;
  expect(lastStart).toBeGreaterThan(gate.get('swarm_run_start_timestamp_seconds{target="desktop"}') ?? Infinity);

  await swarm.current().executeUpdate(pauseUpdate, { args: [{ by: "ann", reason: "lunch" }] });
  await until("the pause is shown", async () => watcher.current()?.reading.run?.paused);
  const paused = await scrape();
  expect(paused.get('swarm_run_paused{target="desktop"}')).toBe(1);
  expect(paused.get('swarm_run_paused_timestamp_seconds{target="desktop"}')).toBeGreaterThan(lastStart);

  const known = watcher.current();
  if (!known) throw new Error("nothing is known");
  // A run of another target counts as much, though another one is shown.
  const { run } = known.reading;
  if (!run) throw new Error("no run is known");
  const building = [{ cpv: "app-x/d-1", attempt: 1, startedAt: known.at, jobs: 3, estimateSeconds: 10 }];
  const busy = { ...run, paused: null, drones: run.drones.map((drone) => ({ ...drone, building })) };
  metrics.observe({
    ...known,
    others: [
      { run: { ...busy, target: "server" }, packages: [] },
      { run: { ...busy, target: "laptop", step: "cancelled", endedAt: known.at }, packages: [] },
    ],
  });
  const both = await scrape();
  expect(both.get('swarm_run_paused{target="desktop"}')).toBe(1);
  expect(both.get('swarm_run_paused{target="server"}')).toBe(0);
  expect(both.get('swarm_drone_slots_used{drone="izar"}')).toBe(1);
  expect(both.get('swarm_drone_jobs{drone="izar"}')).toBe(3);
  const alert = { key: "k", subject: "izar", severity: "warning", title: "", text: "", command: null } as const;
  expect(paused.has('swarm_alerts{rule="drone-lost"}')).toBe(false);
  metrics.observe({ ...known, alerts: [{ ...alert, rule: "drone-lost", since: 1, endedAt: null }] });
  const alerted = await scrape();
  expect(alerted.get('swarm_alerts{rule="drone-lost"}')).toBe(1);
  expect(alerted.get('swarm_alerts{rule="low-disk"}')).toBe(0);
  await watcher.stop();
});
