import { afterAll, beforeAll, expect, test } from "vitest";
import { updateClient } from "../../portage/client.ts";
import { outputOf, type Swarm, startSwarm } from "../support/swarm.ts";
import type { SwarmPackage } from "../support/swarmPackages.ts";

const FIRST: SwarmPackage[] = [
  { cpv: "dev-libs/base-1.0", slot: "0/1", iuse: "extra", says: "$(usex extra +extra -extra)" },
  { cpv: "dev-libs/middle-1.0", needs: ["dev-libs/base:="] },
  { cpv: "app-misc/top-1.0", needs: ["dev-libs/middle"] },
  {
    cpv: "app-misc/sums-1.0",
    program: '#include <stdio.h>\nint main(void) { printf("%d\\n", 6 * 7); }\n',
  },
  { cpv: "app-misc/apart-1.0" },
  { cpv: "app-misc/flagged-1.0", iuse: "extra", says: "$(usex extra +extra -extra)" },
];
const WORLD = ["app-misc/top", "app-misc/sums", "app-misc/apart", "app-misc/flagged"];
const all = (packages: readonly SwarmPackage[]) => packages.map(({ cpv }) => cpv).sort();

let swarm: Swarm;

beforeAll(async () => {
  swarm = await startSwarm({
    drones: { izar: { cores: 8, slots: 2 }, tarn: { cores: 4, slots: 1 } },
    packages: FIRST,
    world: WORLD,
  });
});
afterAll(() => swarm?.stop());

test("a whole update on two drones, published, and installed by a client over HTTP", async () => {
  const run = await swarm.startRun();
  const view = await swarm.reaches("gate");
  expect(view.counts).toEqual({ needed: 0, delegated: 0, received: 6, failed: 0, skipped: 0 });
  expect((await swarm.compiled()).sort()).toEqual(all(FIRST));
  const drones = (await swarm.packages()).flatMap(({ attempts }) => attempts.map(({ drone }) => drone));
  expect(new Set(drones)).toEqual(new Set(["izar", "tarn"]));
  for (const { cpv } of FIRST) expect(await swarm.attemptsInEngine(run, cpv), cpv).toBe(1);

  await swarm.do("finalize");
  const client = await swarm.client();
  const update = await updateClient(client);
  expect(update.installed.sort()).toEqual(all(FIRST));
  expect(await outputOf(client, "sums")).toBe("42");
  expect(await outputOf(client, "flagged")).toBe("flagged-1.0 -extra");
});
