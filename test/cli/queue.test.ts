import { expect, inject, test } from "vitest";
import { hang } from "../../bench/noop/drone.ts";
import { until } from "../../bench/noop/swarm.ts";
import type { RunView } from "../../model/run.ts";
import { nextAction } from "../../operations/nextAction.ts";
import { cancelUpdate, queueSignal } from "../../workflows/messages.ts";
import { gatewayOf, putTarget } from "../gateway/support.ts";
import { orderedSwarm } from "../support/orderedSwarm.ts";
import { swarm as runSwarm } from "./command.ts";
import { reading, runView } from "./views.ts";

test("a run in progress: run-update says how to begin after it; what is queued is seen, and taken back", async () => {
  await using ordered = await orderedSwarm({ build: hang });
  const { swarm, access } = ordered;
  const env = {
    TEMPORAL_ADDRESS: inject("temporalAddress"),
    TEMPORAL_NAMESPACE: swarm.namespace,
    SWARM_CONFIG: access.configFile,
  };
  const command = (...args: string[]) => runSwarm(args, env);
  const json = async (...args: string[]) => JSON.parse((await command(...args, "--json")).stdout);
  const { run } = await json("run-update", "--queue", "--detach");
  expect(run).toMatch(/^desktop-/);
  expect(await command("run-update")).toMatchObject({
    ...{ exitCode: 1, stdout: "" },
    stderr: `swarm: a run of desktop is in progress (${run}): swarm status. To begin when it has ended: swarm run-update --queue`,
  });
  const queued = await command("run-update", "--queue", "--packages", "app-editors/vim,dev-vcs/git");
  expect(queued).toMatchObject({ exitCode: 0, stderr: "" });
  expect(queued.stdout).toBe(
    `✓ Queued: a run begins when ${run} has ended, with app-editors/vim, dev-vcs/git (ann).\n  → Look: swarm status`,
  );
  const all = [
    { atoms: ["app-editors/vim", "dev-vcs/git"], by: "ann", at: expect.any(Number) },
    { atoms: ["@world"], by: "ann", at: expect.any(Number) },
  ];
  expect(await json("run-update", "--queue")).toEqual({ run, target: "desktop", queued: all });
  expect((await command("status")).stdout).toContain("  Then: app-editors/vim, dev-vcs/git (ann), @world (ann)\n");
  expect((await json("status")).run.queued).toEqual(all);
  expect((await command("events", "--kind", "operator")).stdout).toContain("queued for after this run: @world (ann)");
  for (const [args, words] of [
    [["--queue", "--dry-run"], "does not go with --queue"],
    [["--clear-queue", "--packages", "a/b"], "--clear-queue goes alone"],
    [["--clear-queue", "--queue"], "--clear-queue goes alone"],
    [["--queue", "--packages", "nonsense"], "nonsense"],
  ] as const) {
    const { exitCode, stderr } = await command("run-update", ...args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(words) });
  }
  const special = await command("run-update", "--queue", "--auto-finalize");
  expect(special).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("leave out auto finalize") });
  expect(await json("run-update", "--clear-queue")).toEqual({ target: "desktop", dropped: all });
  expect((await command("run-update", "--clear-queue")).stdout).toBe("Nothing was queued.");

  // A run that the engine ends cannot leave anything to the next one, and says so.
  await command("run-update", "--queue", "--packages", "a/b");
  await swarm.current().terminate("by hand");
  const { reason, ...over }: RunView = (await json("status")).run;
  expect(reason).toBe("ended by the engine: terminated; lost with it what was queued: a/b (ann)");
  expect(over.queued).toBeUndefined();
});

const queued = [{ atoms: ["@world"], by: "hook overlay", at: 1 }];

test("what is queued is in the next action: it waits for finalize, and begins by itself", () => {
  const counts = { needed: 0, delegated: 0, received: 3, failed: 0, skipped: 0 };
  const atGate = nextAction(reading({ run: runView({ step: "gate", counts, failed: [], queued }) }));
  expect(atGate).toMatchObject({
    situation: ["All builds complete!", "What is queued waits for that: @world (hook overlay)."],
    command: "swarm finalize",
  });
  const run = runView({ run: "desktop-1", step: "done", endedAt: 5, counts, reason: null, queued });
  expect(nextAction(reading({ run }))).toMatchObject({
    situation: ["desktop-1 has ended. A run begins with what was queued: @world (hook overlay)."],
    verb: "Watch",
  });
  const stuck = nextAction(reading({ run: { ...run, reason: "the next run cannot begin yet: no tree" } }));
  expect(stuck.situation[1]).toBe("the next run cannot begin yet: no tree");
});

test("what was queued and lost with what should have begun it is told, with the command that orders it again", async () => {
  await using ordered = await orderedSwarm();
  const { swarm, access } = ordered;
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  const env = {
    TEMPORAL_ADDRESS: inject("temporalAddress"),
    TEMPORAL_NAMESPACE: swarm.namespace,
    SWARM_CONFIG: access.configFile,
  };
  const started = await runSwarm(["run-update", "--json"], env);
  const { run } = JSON.parse(started.stdout).run;
  // Only the Web UI takes what nobody can build: no surface of ours does.
  await swarm.current().signal(queueSignal, { atoms: ["nonsense"], by: "bob" });
  await until("it is queued", async () => (await swarm.view()).queued);
  await swarm.current().executeUpdate(cancelUpdate, { args: [{ by: "ann" }] });
  const unstarted = {
    queued: [{ atoms: ["nonsense"], by: "bob", at: expect.any(Number) }],
    reason: "no atom can be read: nonsense",
  };
  const status = await until("it is told", async () => {
    const { stdout } = await runSwarm(["status"], env);
    return stdout.includes("No run has begun") && stdout;
  });
  expect(status).toContain(
    `${run} has ended. No run has begun with what was queued: nonsense (bob).\nIt was lost: no atom can be read: nonsense\n  → Run: swarm run-update --packages nonsense`,
  );
  expect(status).not.toContain("Then:");
  const shown = await until("the gateway tells it", async () => {
    const { body } = await gateway.ask<{ unstarted?: object }>("/api/v1/runs/desktop");
    return body.unstarted;
  });
  expect(shown).toEqual(unstarted);
  await until("with what to do", async () => {
    const { body } = await gateway.ask<{ nextAction: { command: string } }>("/api/v1/state");
    return body.nextAction.command === "swarm run-update --packages nonsense";
  });
  // What was ordered again is no longer lost.
  await runSwarm(["run-update", "--packages", "a/b", "--detach"], env);
  expect(JSON.parse((await runSwarm(["status", "--json"], env)).stdout).run.unstarted).toBeUndefined();
}, 90_000);
