import { describe, expect, test } from "vitest";
import { chain, wide } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import { Builds, held, packages, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

/** Silence, the time to answer, and some seconds for the machine. ms */
const LOST_WITHIN = 45_000;

describe.concurrent("a drone that goes away", () => {
  test("incident 3: killed without a goodbye: its packages are elsewhere within 45 s; back, it is used again without help", async () => {
    const { build, release } = held();
    const builds = new Builds(build);
    await using swarm = await noopSwarm({ plan: chain(2), drones: [{ name: "tarn", cores: 4, build: builds.build }] });
    const izar = await swarm.addDroneProcess({ name: "izar", cores: 64 }, null);
    await swarm.run();
    await until("izar builds", async () => (await swarm.view()).drones[0]?.building.length === 1);

    izar.kill("SIGKILL");
    const killed = Date.now();
    await until("tarn builds it", async () => builds.started.length === 1);
    expect(Date.now() - killed).toBeLessThan(LOST_WITHIN);
    const [link0] = await packages(swarm);
    expect(link0?.attempts).toMatchObject([{ drone: "izar", failure: { class: "lost" } }, { drone: "tarn" }]);
    await until("izar lost", async () => (await swarm.fleet()).drones[0]?.state === "lost");

    await swarm.addDroneProcess({ name: "izar", cores: 64 }, 0);
    await until("izar verified again", async () => (await swarm.view()).drones[0]?.state === "verified");
    release();
    await reaches(swarm, "gate");
    expect((await packages(swarm))[1]?.attempts).toMatchObject([{ drone: "izar" }]);
    expect((await swarm.fleet()).drones[0]).toMatchObject({ strikes: 0, grounded: null });
  });

  test("without power or network, its connections still open: lost in the same time, though the engine offers it work", async () => {
    const { build, release } = held();
    const builds = new Builds(build);
    await using swarm = await noopSwarm({ plan: wide(1), drones: [{ name: "tarn", cores: 4, build: builds.build }] });
    const izar = await swarm.addDroneProcess({ name: "izar", cores: 64 }, null);
    await swarm.run();
    await until("izar builds", async () => (await swarm.view()).drones[0]?.building.length === 1);

    izar.kill("SIGSTOP");
    const frozen = Date.now();
    await until("tarn builds it", async () => builds.started.length === 1);
    expect(Date.now() - frozen).toBeLessThan(LOST_WITHIN);
    await until("izar lost", async () => (await swarm.fleet()).drones[0]?.state === "lost");
    expect(Date.now() - frozen).toBeLessThan(LOST_WITHIN);
    release();
    await reaches(swarm, "gate");
  });

  test("restarted before anybody missed it: it takes its builds over", async () => {
    await using swarm = await noopSwarm({ plan: wide(1) });
    const izar = await swarm.addDroneProcess({ name: "izar" }, null);
    await swarm.run();
    await until("izar builds", async () => (await swarm.view()).counts.delegated === 1);
    izar.kill("SIGKILL");
    await swarm.addDroneProcess({ name: "izar" }, 0);
    await reaches(swarm, "gate");
    expect((await packages(swarm))[0]?.attempts).toMatchObject([{ attempt: 1, drone: "izar" }]);
  });

  test("incident 23: frozen for longer than the silence allowed, it keeps its package and its place", async () => {
    await using swarm = await noopSwarm({ plan: wide(1), drones: [{ name: "tarn", cores: 1 }] });
    const izar = await swarm.addDroneProcess({ name: "izar", cores: 64 }, 8_000);
    await swarm.run();
    await until("izar builds", async () => (await swarm.view()).counts.delegated === 1);
    izar.kill("SIGSTOP");
    await until("suspected", async () => (await swarm.fleet()).drones[0]?.state === "suspect");
    izar.kill("SIGCONT");
    await reaches(swarm, "gate");
    expect((await packages(swarm))[0]?.attempts).toMatchObject([{ attempt: 1, drone: "izar" }]);
    expect((await swarm.fleet()).drones[0]?.state).toBe("online");
  });

  test("said goodbye in the middle of a build: the package is built elsewhere", async () => {
    const builds = new Builds();
    await using swarm = await noopSwarm({ plan: wide(1), drones: [{ name: "tarn", cores: 1, build: builds.build }] });
    const izar = await swarm.addDrone({ name: "izar", cores: 64, build: held().build });
    await swarm.run();
    await until("izar builds", async () => (await swarm.view()).counts.delegated === 1);
    await izar.stop();
    await reaches(swarm, "gate");
    expect(builds.dronesOf("wide/part0-1")).toEqual(["tarn"]);
  });
});
