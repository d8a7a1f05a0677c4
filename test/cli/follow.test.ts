import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import { Relay } from "../monitor/relay.ts";
import { held } from "../support/builds.ts";
import { orderedSwarm } from "../support/orderedSwarm.ts";
import { spawnSwarm } from "./command.ts";

test("a run is followed on where its engine comes back at another address, as a dev server on a free port does", async () => {
  const { build, release } = held();
  await using ordered = await orderedSwarm({ build });
  const { swarm, access } = ordered;
  await mkdir(join(access.directory, "state"));
  // What a dev server writes when it starts.
  const isAt = ({ address }: Relay) =>
    writeFile(join(access.directory, "state", "dev-server.json"), JSON.stringify({ address }));
  const first = await Relay.to(inject("temporalAddress"));
  await isAt(first);
  const following = spawnSwarm(["run-update"], {
    ...{ TEMPORAL_ADDRESS: undefined, TEMPORAL_NAMESPACE: swarm.namespace, SWARM_CONFIG: access.configFile },
  });
  let seen = "";
  following.stdout?.on("data", (bytes: Buffer) => {
    seen += bytes.toString();
  });
  await until("it is seen to build", async () => seen.includes("chain/link0-1 on izar"));
  await first[Symbol.asyncDispose]();
  await until("it is told that nobody answers", async () => seen.includes("; trying again"));
  await using second = await Relay.to(inject("temporalAddress"));
  await isAt(second);
  release();
  const { exitCode, stdout } = await following;
  expect(stdout).toContain("All builds complete!");
  expect(exitCode).toBe(0);
}, 90_000);
