import { setTimeout as sleep } from "node:timers/promises";
import { expect, inject, test } from "vitest";
import { chain } from "../../bench/noop/plan.ts";
import { NoopSwarm, until } from "../../bench/noop/swarm.ts";
import { withEngine } from "../../bench/swarmBench.ts";
import { Builds, held, packages, reaches } from "../support/builds.ts";

/** The requirement's; longer than any silence that is allowed. ms */
const OUTAGE_MS = 60_000;

test("incident 23: the server is killed and away for a minute: no build starts again, no drone is lost", async () => {
  await withEngine(async ({ address, kill, restart }) => {
    const { build, release } = held();
    const builds = new Builds(build);
    await using swarm = await NoopSwarm.start({
      ...{ address, bundle: inject("workflowBundle"), plan: chain(2) },
      drones: [{ name: "izar", cores: 64, build: builds.build }, { name: "tarn" }],
    });
    await swarm.run();
    await until("the first build", async () => builds.started.length === 1);
    await kill();
    await sleep(OUTAGE_MS);
    await restart();
    release();
    await until("the engine answers", () => swarm.view().catch(() => null));
    await reaches(swarm, "gate", 90_000);
    expect((await packages(swarm)).map((p) => p.attempts.map((a) => a.drone))).toEqual([["izar"], ["izar"]]);
    expect((await swarm.fleet()).drones.map((d) => d.state)).toEqual(["online", "online"]);
  });
}, 240_000);
