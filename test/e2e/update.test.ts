import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { clientPlan, updateClient } from "../../portage/client.ts";
import { LONG, outputOf, type Swarm, startSwarm } from "../support/swarm.ts";
import type { SwarmPackage } from "../support/swarmPackages.ts";

vi.setConfig(LONG);

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

  const { total, attempts } = JSON.parse(await swarm.do("--json", "history", "app-misc/sums"));
  expect(total).toBe(1);
  expect(attempts[0]).toMatchObject({ run, target: "desktop", result: "built", attempt: 1, message: null });
  expect(attempts[0].endedAt - attempts[0].startedAt).toBeGreaterThan(1000 * attempts[0].buildSeconds);
  expect(attempts[0].buildSeconds).toBeGreaterThan(0);
  expect(attempts[0].artifactBytes).toBeGreaterThan(0);
  const phases = attempts[0].phases.map(({ name }: { name: string }) => name);
  expect(phases).toEqual(expect.arrayContaining(["unpack", "compile", "install"]));
  expect(attempts[0].cpuSeconds).toBeGreaterThan(0);
  expect(JSON.parse(await swarm.do("--json", "history")).attempts).toBe(FIRST.length);

  await swarm.do("finalize");
  const client = await swarm.client();
  const update = await updateClient(client);
  expect(update.installed.sort()).toEqual(all(FIRST));
  expect(await outputOf(client, "sums")).toBe("42");
  expect(await outputOf(client, "flagged")).toBe("flagged-1.0 -extra");
});

test("the tree moves on: exactly what that asks for is built, then nothing; clients see rollbacks", async () => {
  const before = await swarm.compiled();
  const next = FIRST.map((each): SwarmPackage => {
    // A new sub-slot: what is linked against it must be built again, and only that.
    if (each.cpv === "dev-libs/base-1.0") return { ...each, cpv: "dev-libs/base-1.1", slot: "0/2" };
    if (each.cpv === "app-misc/apart-1.0") return { ...each, cpv: "app-misc/apart-1.0-r1" };
    return each;
  });
  await swarm.putTree(next);
  await swarm.putTarget(WORLD, { "package.use": "app-misc/flagged extra\n" });
  const rebuilt = ["app-misc/apart-1.0-r1", "app-misc/flagged-1.0", "dev-libs/base-1.1", "dev-libs/middle-1.0"];
  await swarm.startRun();
  await swarm.reaches("gate");
  expect((await swarm.compiled()).slice(before.length).sort()).toEqual(rebuilt);
  await swarm.do("finalize");
  const client = await swarm.client("second");
  expect((await updateClient(client)).installed.sort()).toEqual(all(next));
  expect(await outputOf(client, "flagged")).toBe("flagged-1.0 +extra");

  expect(await swarm.do("run-update")).toContain("everything that the target needs is published already");
  expect(await swarm.compiled()).toHaveLength(before.length + rebuilt.length);

  const newest: string = JSON.parse(await swarm.do("snapshots", "list", "--json"))[0].id;
  await swarm.do("snapshots", "rollback");
  expect((await clientPlan(client)).source.sort()).toEqual(rebuilt);
  await swarm.do("snapshots", "rollback", newest);
  expect((await clientPlan(client)).source).toEqual([]);
});

test("a tree that changes during the run: the run goes on with the tree that it began with", async () => {
  const old: SwarmPackage[] = [
    { cpv: "dev-libs/pinned-1.0", held: true },
    { cpv: "app-misc/after-1.0", needs: ["dev-libs/pinned"], says: "of the old tree" },
  ];
  await swarm.putTree(old);
  await swarm.putTarget(["app-misc/after"]);
  await swarm.startRun();
  await swarm.compiling("dev-libs/pinned-1.0");
  await swarm.putTree([
    { cpv: "dev-libs/pinned-2.0" },
    { cpv: "app-misc/after-1.0", needs: ["dev-libs/pinned"], says: "of the new tree" },
  ]);
  await swarm.release("dev-libs/pinned-1.0");
  await swarm.reaches("gate");
  await swarm.do("finalize");
  await swarm.putTree(old);
  const client = await swarm.client("third");
  expect((await updateClient(client)).installed.sort()).toEqual(all(old));
  expect(await outputOf(client, "after")).toBe("after-1.0 of the old tree");
});
