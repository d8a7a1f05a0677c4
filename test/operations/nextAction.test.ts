import { describe, expect, test } from "vitest";
import type { Reading } from "../../model/reading.ts";
import type { RunView } from "../../model/run.ts";
import { nextAction } from "../../operations/nextAction.ts";
import { droneView, NOW, reading, runDrone, runView } from "../cli/views.ts";

const done = { needed: 0, delegated: 0, received: 84, failed: 0, skipped: 0 };
const broken = { cpv: "app-misc/broken-1", message: "compile phase: no rule", drones: ["izar", "tarn"] };

function withRun(changes: Partial<RunView>): Partial<Reading> {
  return { run: runView(changes) };
}

describe("the one command that helps now", () => {
  test.each<[string, Partial<Reading>, string]>([
    ["no engine", { engine: { address: "a", problem: "refused" } }, "swarm up"],
    ["no orchestrator", { orchestrators: 0, run: null }, "swarm up"],
    ["no binhost", { binhost: { address: "a", problem: "refused" } }, "swarm up"],
    ["no target", { targets: [], run: null }, "swarm target put DIRECTORY"],
    [
      "no drone online",
      { fleet: { drones: [droneView("izar", 16, { state: "lost" })], refused: [] }, run: null },
      "swarm up",
    ],
    ["nothing runs", { run: null }, "swarm run-update"],
    ["nothing runs, two targets", { run: null, targets: ["desktop", "server"] }, "swarm run-update --target desktop"],
    ["the run does not answer", { run: null, runProblem: "deadline" }, "swarm status"],
    ["sync", withRun({ step: "sync" }), "swarm status"],
    ["verify", withRun({ step: "verify" }), "swarm status"],
    ["resolve", withRun({ step: "resolve" }), "swarm status"],
    ["build", withRun({}), "swarm status"],
    ["build, paused", withRun({ paused: { reason: "disk", by: "ann", since: NOW } }), "swarm resume"],
    [
      "build, one failed",
      withRun({ counts: { ...done, needed: 3, failed: 1 }, failed: [broken] }),
      "swarm logs app-misc/broken-1",
    ],
    [
      "build, one that no drone could ever build",
      withRun({
        stuck: [{ cpv: "dev-lang/rust-1.71", why: "no drone could ever build it: izar excludes dev-lang/*" }],
      }),
      "swarm why dev-lang/rust-1.71",
    ],
    [
      "build, all drones paused",
      withRun({ drones: [runDrone("izar", 16, { paused: true })] }),
      "swarm drone resume izar",
    ],
    [
      "build, all drones stale",
      withRun({ drones: [runDrone("izar", 16, { state: "stale", reason: "tree" })] }),
      "swarm drones",
    ],
    ["gate", withRun({ step: "gate", counts: done }), "swarm finalize"],
    [
      "gate, one failed",
      withRun({ step: "gate", counts: { ...done, failed: 1 }, failed: [broken] }),
      "swarm logs app-misc/broken-1",
    ],
    ["publish", withRun({ step: "publish" }), "swarm status"],
    ["published", withRun({ step: "done", snapshot: "20261121T010203Z-desktop", endedAt: NOW }), "swarm run-update"],
    ["failed", withRun({ step: "failed", reason: "no drone is online", endedAt: NOW }), "swarm fresh"],
    [
      "unresolvable",
      withRun({ step: "failed", endedAt: NOW, unresolvable: [{ atoms: ["a/b"], class: "missing", text: "" }] }),
      "swarm run-update",
    ],
    ["cancelled", withRun({ step: "cancelled", endedAt: NOW }), "swarm run-update"],
  ])("%s", (_situation, changes, command) => {
    const next = nextAction(reading(changes));
    expect(next.command).toBe(command);
    expect(next.situation.join("")).not.toBe("");
  });
});

test("at the gate with failed packages, finalize is offered as what it is: leaving them out", () => {
  const next = nextAction(reading(withRun({ step: "gate", counts: { ...done, failed: 1 }, failed: [broken] })));
  expect(next.otherwise.join("\n")).toContain("swarm finalize --accept-failed");
});

test("at the gate with nothing built, finalize is not offered: it would be refused", () => {
  const counts = { ...done, received: 0, failed: 1 };
  const next = nextAction(reading(withRun({ step: "gate", counts, failed: [broken] })));
  expect(next.otherwise.join("\n")).not.toContain("finalize");
});

test("a drone that was refused is the reason why none is online", () => {
  const refused = [{ name: "ceti", id: "x", reason: "its token is not this swarm's", at: NOW }];
  const next = nextAction(reading({ fleet: { drones: [], refused }, run: null }));
  expect(next.situation).toContain("Refused: ceti: its token is not this swarm's");
});

test("where another target's run is in progress too, each command says which run it is about", () => {
  const others = [{ run: "server-20261121-0202", target: "server", step: "build" }];
  const counts = { ...done, failed: 1 };
  const next = nextAction(reading({ ...withRun({ step: "gate", counts, failed: [broken] }), others }));
  expect(next.command).toBe("swarm logs app-misc/broken-1 --target desktop");
  expect(next.otherwise).toEqual([
    "swarm unblock --target desktop   # try the failed ones again",
    "swarm finalize --accept-failed --target desktop   # publish without them",
  ]);
});
