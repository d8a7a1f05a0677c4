import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { chain } from "../../bench/noop/plan.ts";
import { NoopSwarm, until } from "../../bench/noop/swarm.ts";
import { withEngine } from "../../bench/swarmBench.ts";
import type { State } from "../../gateway/schemas/state.ts";
import { freePort } from "../../system/ports.ts";
import { accessTo } from "../support/access.ts";
import { Builds, held, reaches } from "../support/builds.ts";
import { startCommand } from "../support/command.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { EventStream } from "./eventReader.ts";
import { gatewayAt } from "./support.ts";

interface Status {
  status: string;
  stale: string | null;
  ageSeconds: number;
  run: { run: string } | null;
}

test("the engine is down: what was known last, how old it is and why; it recovers by itself", async () => {
  await withEngine(async ({ address, kill, restart }) => {
    const { build, release } = held();
    const builds = new Builds(build);
    await using swarm = await NoopSwarm.start({
      ...{ address, bundle: inject("workflowBundle"), plan: chain(2) },
      drones: [{ name: "izar", build: builds.build }],
    });
    await using gateway = await gatewayAt({ address, namespace: swarm.namespace }, swarm, "check_interval = 1\n");
    await swarm.run();
    await until("the first build", async () => builds.started.length === 1);
    using stream = await EventStream.open(`${gateway.url}/api/v1/live`, gateway.tokens.viewer);
    const status = async (): Promise<Status> => (await gateway.ask<Status>("/status")).body;
    await until(
      "it is told",
      async () => (await status()).status === "build" && stream.text.includes('"cpv":"chain/link1-1"'),
    );
    const { run } = await status();

    await kill();
    await until("it is noticed", async () => (await status()).status === "down");
    const down = await status();
    expect(down.run).toEqual(run);
    expect(down.stale).toContain("the engine does not answer");
    await until("it grows old", async () => (await status()).ageSeconds >= 3);
    const begun = Date.now();
    const { status: code, body: state } = await gateway.ask<State>("/api/v1/state");
    expect([code, state.reading.run?.step, state.nextAction.command]).toEqual([200, "build", "swarm up"]);
    expect(Date.now() - begun).toBeLessThan(1_000);
    await until("those who watch hear it", async () => stream.events<State>("state").at(-1)?.stale !== null);
    await until("the engine is out, with a reason", async () => {
      const { body } = await gateway.ask<{ services: State["services"] }>("/swarm");
      return body.services.some(({ kind, state, reason }) => kind === "engine" && state === "out" && reason !== null);
    });
    const refused = await gateway.ask("/api/v1/runs/desktop/pause", { body: {} });
    expect(refused.status).toBe(503);
    expect(refused.body.hint).toContain("swarm up");
    expect((await gateway.ask("/api/v1/runs/desktop/packages")).status).toBe(200);
    expect((await gateway.ask("/healthz", { as: null })).status).toBe(200);

    await restart();
    await until("it is well again", async () => (await status()).stale === null, { ms: 60_000 });
    await until("those who watch hear that, too", async () => stream.events<State>("state").at(-1)?.stale === null);
    await until("the engine is in", async () => {
      const { body } = await gateway.ask<{ services: State["services"] }>("/swarm");
      return body.services.some(({ kind, state }) => kind === "engine" && state === "in");
    });
    release();
    await until("the run is told to its gate", async () => (await status()).status === "gate");
  });
}, 180_000);

test("gateways are killed while packages are built: builds go on, and the next gateway shows it", async () => {
  const { build, release } = held();
  const builds = new Builds(build);
  await using swarm = await noopSwarm({ plan: chain(3), drones: [{ name: "izar", build: builds.build }] });
  const port = await freePort("127.0.0.1");
  await using access = await accessTo(swarm, `[gateway]\nport = ${port}\nanonymous = true\n`);
  await writeFile(join(access.directory, "temporal.toml"), "[profile.default]\n");
  const env = {
    TEMPORAL_ADDRESS: inject("temporalAddress"),
    TEMPORAL_NAMESPACE: swarm.namespace,
    TEMPORAL_CONFIG_FILE: join(access.directory, "temporal.toml"),
  };
  const status = async (): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}/status`).catch(() => null);
    return response?.ok ? ((await response.json()) as Status).status : "no answer";
  };
  await swarm.run();
  await until("the first build", async () => builds.started.length === 1);
  const first = startCommand(["--config", access.configFile, "gateway"], env);
  await until("it shows the run", async () => (await status()) === "build");
  first.kill("SIGKILL");
  await first;
  expect(await status()).toBe("no answer");
  release();
  await reaches(swarm, "gate", 30_000);
  const second = startCommand(["--config", access.configFile, "gateway"], env);
  await until("the next one shows it", async () => (await status()) === "gate");
  second.kill("SIGTERM");
  expect((await second).exitCode).toBe(0);
}, 120_000);
