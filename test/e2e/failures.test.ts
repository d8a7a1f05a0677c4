import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { connectClient } from "../../connection/client.ts";
import { QUEUES } from "../../model/activities.ts";
import { updateClient } from "../../portage/client.ts";
import { type WorldUpdateInput, worldUpdateId } from "../../workflows/messages.ts";
import { LONG, type Swarm, startSwarm, TARGET } from "../support/swarm.ts";
import type { SwarmPackage } from "../support/swarmPackages.ts";

vi.setConfig(LONG);

const BROKEN = "app-misc/broken-1";
const MOODY = "app-misc/moody-1";

/** Packages of which one does not compile, and one only when a file outside of the tree is there. */
const packages = (compile: string): SwarmPackage[] => [
  { cpv: BROKEN, compile },
  { cpv: "app-misc/needy-1", needs: ["app-misc/broken"] },
  { cpv: "app-misc/needier-1", needs: ["app-misc/needy"] },
  { cpv: MOODY, compile: `[[ -e "${swarm.directory}/mood" ]] || die "the mood is missing"` },
  { cpv: "app-misc/sound-1" },
];
const WORLD = ["app-misc/needier", "app-misc/moody", "app-misc/sound"];

let swarm: Swarm;

beforeAll(async () => {
  swarm = await startSwarm({
    drones: { izar: { cores: 8, slots: 2 }, tarn: { cores: 4, slots: 1 } },
    packages: [],
    world: WORLD,
  });
});
afterAll(() => swarm?.stop());

const dronesOf = async (cpv: string) => (await swarm.package(cpv)).attempts.map(({ drone }) => drone).sort();

test("a broken package is tried on two drones, and holds up only what needs it", async () => {
  await swarm.putTree(
    packages(`echo "int main(void) { return undeclared_thing; }" > x.c; gcc -c x.c || die "gcc failed"`),
  );
  await swarm.startRun();
  const { counts } = await swarm.reaches("gate");
  expect(counts).toEqual({ needed: 0, delegated: 0, received: 1, failed: 2, skipped: 2 });
  expect(await dronesOf(BROKEN)).toEqual(["izar", "tarn"]);
  expect(await swarm.compilations(BROKEN)).toBe(2);
  expect(await swarm.compilations("app-misc/needy-1")).toBe(0);

  expect(await swarm.do("logs", "broken")).toMatch(/error: .*undeclared_thing/);
  // Of the binhost, whatever machine it is asked from.
  const log = async () => JSON.parse(await swarm.do("--json", "logs", "broken"));
  await swarm.until("the binhost has all of the log", async () => (await log()).complete);
  expect(await log()).toMatchObject({ file: null, cut: null, log: expect.stringContaining("undeclared_thing") });
  const failed = await swarm.do("logs", "--failed", "--phase", "compile");
  expect(failed).toMatch(/✗ app-misc\/broken-1, attempt 2 [^✗]*\n {2}> │ x\.c:1:\d+: error: .*undeclared_thing/);
  expect(failed).toContain("✗ app-misc/moody-1, attempt 1 ");
  const status = await swarm.do("status");
  expect(status).toContain(BROKEN);
  expect(status).toMatch(/\n {2}> │ x\.c:1:\d+: error: .*undeclared_thing/);
  const why = await swarm.do("why", "needier");
  expect(why).toContain(`blocked by ${BROKEN}`);
  expect(await swarm.do("why", "broken")).toContain("undeclared_thing");
  const verify = await swarm.cli("verify");
  expect(verify.stdout).toContain(`app-misc/needier-1: needs ${BROKEN}`);

  const { attempts } = JSON.parse(await swarm.do("--json", "history", "broken"));
  const outcomes = attempts.map(({ drone, result }: { drone: string; result: string }) => `${drone}: ${result}`);
  expect(outcomes.sort()).toEqual(["izar: package", "tarn: package"]);
  expect(attempts[0].message).toContain("undeclared_thing");

  const refused = await swarm.cli("finalize");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("swarm finalize --accept-failed");
});

test("unblock tries again what failed, and what needs it follows", async () => {
  await writeFile(join(swarm.directory, "mood"), "");
  await swarm.do("unblock", "moody");
  await swarm.until("moody is received", async () => (await swarm.package(MOODY)).state === "received");
  await swarm.reaches("gate");
  // The run has its tree for good: unblocking what is broken there does not help.
  await swarm.do("unblock", BROKEN);
  await swarm.until("broken fails again", async () => {
    const { state, attempts } = await swarm.package(BROKEN);
    return state === "failed" && attempts.length === 4;
  });
  const { counts } = await swarm.reaches("gate");
  expect(counts).toEqual({ needed: 0, delegated: 0, received: 2, failed: 1, skipped: 2 });
});

test("what was built is published without the failed, and a new run with the mended tree builds the rest", async () => {
  await swarm.do("finalize", "--accept-failed");
  const before = (await swarm.compiled()).length;
  await swarm.putTree(packages(""));
  await swarm.startRun();
  await swarm.reaches("gate");
  expect((await swarm.compiled()).slice(before)).toEqual([BROKEN, "app-misc/needy-1", "app-misc/needier-1"]);
  await swarm.do("finalize");
  const { installed } = await updateClient(await swarm.client());
  expect(installed.sort()).toEqual(
    packages("")
      .map(({ cpv }) => cpv)
      .sort(),
  );
});

test("a build without output is ended after the configured time, and tried on one other drone", async () => {
  const cpv = "app-misc/silent-1";
  await swarm.putTree([{ cpv, compile: "sleep 600" }, { cpv: "app-misc/lively-1" }]);
  await swarm.putTarget(["app-misc/silent", "app-misc/lively"]);
  // The configuration has minutes, for people.
  await startRun({ run: "desktop-20260101-0000", noOutputSeconds: 6 });
  const drone = await swarm.compiling(cpv);
  expect(swarm.builds(drone)).not.toEqual([]);
  const { counts } = await swarm.reaches("gate");
  expect(counts).toMatchObject({ received: 1, failed: 1 });
  expect(await dronesOf(cpv)).toEqual(["izar", "tarn"]);
  for (const { failure } of (await swarm.package(cpv)).attempts) {
    expect(failure).toMatchObject({ class: "package", message: "no output for 6 seconds: killed" });
  }
  expect([...swarm.builds("izar"), ...swarm.builds("tarn")]).toEqual([]);
});

async function startRun(change: Pick<WorldUpdateInput, "run" | "noOutputSeconds">): Promise<void> {
  const client = await connectClient(swarm.config);
  const input: WorldUpdateInput = {
    target: TARGET,
    atoms: ["@world"],
    trees: swarm.config.trees,
    binhost: swarm.config.binhost.name,
    options: { sync: true, dryRun: false, skipUnresolvable: false, autoFinalize: false, acceptFailed: false },
    startedBy: "a test",
    ...change,
  };
  try {
    const workflowId = worldUpdateId(TARGET);
    await client.workflow.start("worldUpdate", { workflowId, taskQueue: QUEUES.orchestrator, args: [input] });
  } finally {
    await client.connection.close();
  }
}
