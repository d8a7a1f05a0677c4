import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { chain } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import { readRun } from "../../operations/readModel.ts";
import { BinhostClient } from "../../store/client.ts";
import { Watcher } from "../../watch/watcher.ts";
import { finalizeUpdate } from "../../workflows/messages.ts";
import { accessTo } from "../support/access.ts";
import { reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

test("orchestrators that die between two questions of a look hold it up for 3 s, not for as long as a query may take", async () => {
  await using swarm = await noopSwarm({ plan: chain(1), drones: [{ name: "izar" }] });
  await swarm.run();
  await reaches(swarm, "gate");
  await using access = await accessTo(swarm);
  let asked = 0;
  let stopped = 0;
  const stopAll = async (): Promise<void> => {
    for (const orchestrator of swarm.orchestrators) await orchestrator.stop();
    stopped = performance.now();
  };
  let stopping: Promise<void> | null = null;
  const dying = {
    ...access,
    // The first one is for what tells of the run; the packages are asked after it.
    client: async () => {
      if (asked++ > 0) {
        stopping ??= stopAll();
        await stopping;
      }
      return swarm.client;
    },
  };
  const watcher = new Watcher(dying, { log: () => {} });
  await watcher.now();
  const took = performance.now() - stopped;
  expect(stopped).toBeGreaterThan(0);
  expect(took).toBeGreaterThan(2_500);
  expect(took).toBeLessThan(6_000);
  // What was said before is shown; the packages are asked for again.
  expect(watcher.current()).toMatchObject({ reading: { run: { step: "gate" } }, packages: [] });
  await swarm.startOrchestrator();
  await until("the packages", async () => {
    await watcher.now();
    return watcher.current()?.packages.length === 1;
  });
  await watcher.stop();
});

test("while publishing is tried again, the run says by what it failed", async () => {
  await using swarm = await noopSwarm({ plan: chain(1), drones: [{ name: "izar" }] });
  swarm.binhost.onPublish = () => Promise.reject(new Error("ENOSPC: no space left"));
  const run = await swarm.run();
  await reaches(swarm, "gate");
  await run.startUpdate(finalizeUpdate, { args: [{ by: "ann" }], waitForStage: "ACCEPTED" });
  const read = async () => (await readRun(swarm.client, "desktop")).run;
  await until("its trouble", async () => (await read())?.reason === "ENOSPC: no space left", { ms: 30_000 });
  expect((await read())?.step).toBe("publish");
  swarm.binhost.onPublish = async () => {};
  await run.result();
  expect(await read()).toMatchObject({ step: "done", reason: null });
});

test("a binhost that says it is well and then does not answer holds a look up for a moment, and is what is wrong", async () => {
  await using swarm = await noopSwarm({ plan: chain(1), drones: [{ name: "izar" }] });
  await using access = await accessTo(swarm);
  const half = createServer(({ url }, answer) => void (url === "/healthz" && answer.end("{}"))).listen(0, "127.0.0.1");
  try {
    await once(half, "listening");
    const url = `http://127.0.0.1:${(half.address() as AddressInfo).port}`;
    const config = await access.config();
    const watcher = new Watcher(
      {
        ...access,
        config: async () => ({ ...config, binhost: { ...config.binhost, url } }),
        binhost: async () => new BinhostClient(url, "token"),
      },
      { log: () => {} },
    );
    const begun = performance.now();
    await watcher.now();
    expect(performance.now() - begun).toBeLessThan(4_000);
    expect(watcher.current()?.reading.fleet).toMatchObject({ drones: [{ facts: { name: "izar" } }] });
    await until("what is wrong with it", async () => {
      await watcher.now();
      return watcher.current()?.reading.binhost.problem === "binhost: no answer within 5 s";
    });
    await watcher.stop();
  } finally {
    half.closeAllConnections();
    half.close();
  }
}, 30_000);
