import { expect, test } from "vitest";
import { plain } from "../../../cli/paint.ts";
import { packageEvents, runEvents } from "../../../cli/screens/events.ts";
import { NOW, packageView, runDrone, runView } from "../views.ts";

const attempt = { attempt: 1, drone: "izar", jobs: 8, startedAt: NOW - 60_000 };
const texts = (lines: string[]): string[] => lines.map((line) => line.replace(/^\d\d:\d\d:\d\d {2}/, ""));

test("a package that was built between two looks is still told whole, in order", () => {
  const after = packageView("a/b-1", { state: "received", attempts: [{ ...attempt, endedAt: NOW }] });
  expect(texts(packageEvents([packageView("a/b-1")], [after], plain))).toEqual([
    "→ a/b-1 on izar (-j8)",
    "✓ a/b-1 (izar, 1m 00s)",
  ]);
});

test("nothing new, nothing told", () => {
  const view = packageView("a/b-1", { state: "delegated", attempts: [attempt] });
  expect(packageEvents([view], [view], plain)).toEqual([]);
  expect(runEvents(runView(), runView(), plain)).toEqual([]);
});

test("a failed attempt is told with its message, then the other drone's", () => {
  const failure = { class: "package" as const, message: "compile phase: no rule" };
  const before = packageView("a/b-1", { state: "delegated", attempts: [attempt] });
  const second = { ...attempt, attempt: 2, drone: "tarn", startedAt: NOW + 1 };
  const after = packageView("a/b-1", { state: "delegated", attempts: [{ ...attempt, endedAt: NOW, failure }, second] });
  expect(texts(packageEvents([before], [after], plain))).toEqual([
    "✗ a/b-1 (izar, 1m 00s): compile phase: no rule",
    "→ a/b-1 on tarn (-j8)",
  ]);
});

test("blocked and skipped packages are told with the cause", () => {
  const before = [packageView("a/b-1"), packageView("a/c-1")];
  const after = [packageView("a/b-1", { state: "failed" }), packageView("a/c-1", { state: "skipped", cause: "a/b-1" })];
  expect(texts(packageEvents(before, after, plain))).toEqual([
    "✗ a/b-1 is blocked: its builds failed",
    "- a/c-1 is skipped: it needs a/b-1",
  ]);
});

test("steps of the run, drones and operators' actions", () => {
  const before = runView({ step: "verify", drones: [runDrone("izar", 16, { state: "syncing" })] });
  const after = runView({
    drones: [runDrone("izar", 16, { state: "stale", reason: "tree git:1 instead of git:2" })],
    events: [{ at: NOW, text: "paused by ann: disk" }],
  });
  const lines = texts(runEvents(before, after, plain));
  expect(lines).toContain("desktop-20261121-0101: building 84 packages");
  expect(lines).toContain("! izar is STALE: tree git:1 instead of git:2");
  expect(lines).toContain("paused by ann: disk");
});

test("of two builds of a package that race, the one that was faster has built it", () => {
  const slow = { ...attempt, drone: "slow", endedAt: NOW, supersededBy: 2 };
  const fast = { ...attempt, attempt: 2, drone: "fast", endedAt: NOW };
  const before = packageView("a/b-1", {
    state: "delegated",
    attempts: [slow, fast].map((each) => ({ ...attempt, attempt: each.attempt, drone: each.drone })),
  });
  const lines = packageEvents([before], [packageView("a/b-1", { state: "received", attempts: [slow, fast] })], plain);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("fast");
});
