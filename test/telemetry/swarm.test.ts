import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { roleAddresses } from "../../workers/roleRecords.ts";
import { LONG, type Swarm, startSwarm } from "../support/swarm.ts";
import type { SwarmPackage } from "../support/swarmPackages.ts";

vi.setConfig(LONG);

const PACKAGES: SwarmPackage[] = [
  { cpv: "dev-libs/base-1.0" },
  { cpv: "app-misc/top-1.0", needs: ["dev-libs/base"] },
  { cpv: "app-misc/broken-1.0", compile: "die broken" },
];

let swarm: Swarm;

beforeAll(async () => {
  swarm = await startSwarm({
    drones: { izar: { cores: 4, slots: 2 } },
    packages: PACKAGES,
    world: ["app-misc/top", "app-misc/broken"],
  });
});
afterAll(() => swarm?.stop());

test("look", async () => {
  await swarm.startRun();
  await swarm.reaches("gate");
  await swarm.do("finalize", "--accept-failed");
  await swarm.reaches("done");
  const roles = await roleAddresses(swarm.config.swarm.stateDir);
  console.log(roles);
  for (const { label, url } of [...roles, { label: "binhost", url: swarm.config.binhost.url }]) {
    const health = await fetch(`${url}/healthz`);
    console.log(label, health.status, await health.json());
    await writeFile(`/tmp/scrape-${label}.txt`, await (await fetch(`${url}/metrics`)).text());
  }
  expect(roles).toHaveLength(3);
});
