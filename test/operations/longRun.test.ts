import { expect, test } from "vitest";
import { chain } from "../../bench/noop/plan.ts";
import { resetTarget } from "../../operations/reset.ts";
import { listRuns } from "../../operations/runs.ts";
import { startRun } from "../../operations/startRun.ts";
import { readEvents } from "../../watch/eventLog.ts";
import { worldUpdateId } from "../../workflows/messages.ts";
import { putTarget } from "../gateway/support.ts";
import { accessTo } from "../support/access.ts";
import { continuesAsNew, held, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";

test("a run that continues as new is listed with when it began, and its reset with who did it", async () => {
  await using swarm = await noopSwarm({ plan: chain(2), drones: [{ name: "izar", build: held().build }] });
  await using access = await accessTo(swarm, `[[tree]]\nname = "demo"\nsync = "directory"\nuri = "trees"\n`);
  await putTarget(access);
  const options = { sync: true, dryRun: false, skipUnresolvable: false, autoFinalize: false, acceptFailed: false };
  const before = Date.now();
  const run = await startRun(access, { target: "desktop", atoms: ["@world"], options });
  const after = Date.now();
  await reaches(swarm, "build");
  const first = { firstExecutionRunId: (await swarm.current().describe()).runId };
  const { startedAt } = await continuesAsNew(swarm, first, async () => true);
  const [listed, ...others] = await listRuns(swarm.client, 10);
  expect(others).toEqual([]);
  expect(listed).toMatchObject({ run, status: "RUNNING", startedBy: "ann" });
  expect(listed?.executionId).not.toBe(first.firstExecutionRunId);
  expect(listed?.startedAt).toBeGreaterThanOrEqual(before);
  expect(listed?.startedAt).toBeLessThanOrEqual(after);
  // As the run itself tells it, but for the moment that the engine needs.
  expect(Math.abs(startedAt - (listed?.startedAt ?? 0))).toBeLessThan(60_000);

  expect(await resetTarget(access, "desktop", () => {})).toMatchObject({ cancelled: run, terminated: false });
  const events = await readEvents(swarm.client, worldUpdateId("desktop"), null);
  expect(events.find(({ kind, by }) => kind === "operator" && by === "ann")?.text).toBe(
    "ann reset the run: it is cancelled, what it received and what was queued is thrown away",
  );
});
