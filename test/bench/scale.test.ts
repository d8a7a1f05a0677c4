import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, onTestFinished, test } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import { configure, end, startRole } from "../../bench/processes.ts";
import { evidenceOf } from "../../bench/scale/evidence.ts";
import { treeGraph } from "../../bench/scale/graph.ts";
import { carrierOf } from "../../bench/scale/run.ts";
import { finalizeUpdate } from "../../workflows/messages.ts";
import { reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

const PACKAGES = 300;

test("300 packages of a real tree, and the orchestrator that carries the run is killed: by the histories each is built once", async () => {
  const directory = await mkdtemp(join(tmpdir(), "swarm-scale-"));
  const orchestrators: { name: string; child: ChildProcess }[] = [];
  onTestFinished(async () => {
    await Promise.all(orchestrators.map(({ child }) => end(child)));
    await rm(directory, { recursive: true, force: true });
  });
  const config = await configure({ directory });
  const plan = await treeGraph(PACKAGES);
  await using swarm = await noopSwarm({ plan, token: config.token });
  const engine = { address: inject("temporalAddress") };
  for (const name of ["orchestrator-1", "orchestrator-2"]) {
    orchestrators.push({ name, child: startRole(engine, config, swarm.namespace, ["orchestrator"]) });
  }
  for (const name of ["izar", "tarn", "unra"]) await swarm.addDrone({ name, cores: 16, slots: 4 });

  const run = await swarm.run();
  await until("a third of it is built", async () => {
    const view = await swarm.view().catch(() => null);
    return view && view.counts.received >= PACKAGES / 3;
  });
  await end((await carrierOf(swarm, orchestrators)).child);
  const view = await reaches(swarm, "gate", 100_000);
  await run.executeUpdate(finalizeUpdate, { args: [{ by: "ann" }] });
  await run.result();

  const evidence = await until("the engine lists all builds", async () => {
    const found = await evidenceOf(swarm.client, plan, view.run);
    return found.children >= PACKAGES && found;
  });
  expect(evidence).toMatchObject({ acceptedOnce: PACKAGES, builtOnce: PACKAGES, wrong: [], rebuilt: [] });
  expect(evidence.children).toBe(PACKAGES);
  expect(evidence.mostEvents).toBeLessThan(10_000);
  // What a package costs the engine.
  expect(evidence.childEvents.mean).toBeLessThan(27);
  expect(evidence.run.reduce((sum, { events }) => sum + events, 0) / PACKAGES).toBeLessThan(10);
  expect(evidence.largestPayload).toBeLessThan(100_000);
});
