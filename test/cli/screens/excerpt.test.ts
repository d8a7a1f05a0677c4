import { expect, test } from "vitest";
import { plain } from "../../../cli/paint.ts";
import { packageEvents } from "../../../cli/screens/events.ts";
import { excerptLines } from "../../../cli/screens/excerpt.ts";
import { statusScreen } from "../../../cli/screens/status.ts";
import { verifyScreen } from "../../../cli/screens/verify.ts";
import { whyScreen } from "../../../cli/screens/why.ts";
import type { FailedPackage } from "../../../model/run.ts";
import { verification } from "../../../operations/verification.ts";
import { NOW, packageView, reading, runView } from "../views.ts";

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}`);
const ERROR = "a.c:1:1: error: x";
const failure = {
  class: "package" as const,
  message: `compile phase: ${ERROR}`,
  phase: "compile",
  errorLine: ERROR,
  around: [...numbered(1, 20), ERROR, ...numbered(22, 41)],
};
const failedPackage = (name: string, more: Partial<FailedPackage> = {}): FailedPackage => {
  const { message, phase, errorLine, around } = failure;
  return { cpv: `dev-libs/${name}-1`, message, phase, errorLine, around, drones: ["izar", "tarn"], ...more };
};
const failedView = packageView("dev-libs/a-1", {
  state: "failed",
  attempts: [{ attempt: 1, drone: "izar", jobs: 4, startedAt: NOW - 60_000, endedAt: NOW, failure }],
});

test("the error line is marked among the lines around it; where it stands twice, in the middle", () => {
  expect(excerptLines(failure, plain, 2)).toEqual([
    "    │ line 19",
    "    │ line 20",
    `  > │ ${ERROR}`,
    "    │ line 22",
    "    │ line 23",
  ]);
  expect(excerptLines({ errorLine: "x", around: ["x", "y", "x", "z"] }, plain)).toEqual([
    "    │ x",
    "    │ y",
    "  > │ x",
    "    │ z",
  ]);
});

test("failures of earlier versions, and such without an error line, show their last lines", () => {
  expect(excerptLines({ errorLine: ERROR }, plain)).toEqual([`  > │ ${ERROR}`]);
  expect(excerptLines({ logTail: numbered(1, 40) }, plain, 10)).toHaveLength(20);
  expect(excerptLines({ logTail: numbered(1, 40) }, plain).at(-1)).toBe("    │ line 40");
  expect(excerptLines({}, plain)).toEqual([]);
});

test("status shows the first failures with the lines around the error, more of them shorter, and where to look", () => {
  const failed = Array.from({ length: 12 }, (_, i) => failedPackage(`p${i}`));
  const lines = statusScreen(reading({ run: runView({ failed }) }), plain);
  expect(lines).toContain(`  ✗ dev-libs/p0-1 (izar, tarn): compile phase: ${ERROR}`);
  expect(lines.filter((line) => line === `  > │ ${ERROR}`)).toHaveLength(3);
  expect(lines).toContain("  and 2 more");
  expect(lines).toContain("  → Look: swarm logs --failed, swarm logs dev-libs/p0-1");
  // Followed, the table has no room for it.
  const followed = statusScreen(reading({ run: runView({ failed }) }), plain, { nextAction: false });
  expect(followed.join("\n")).not.toContain(ERROR);
});

test("why shows all lines, follow and verify some of them", () => {
  const why = whyScreen(failedView, undefined, NOW, plain);
  expect(why).toContain("    │ line 1");
  expect(why).toContain(`  > │ ${ERROR}`);
  const [event = ""] = packageEvents([packageView("dev-libs/a-1")], [failedView], plain).filter((it) =>
    it.includes("✗ dev-libs/a-1 (izar"),
  );
  expect(event.split("\n")).toHaveLength(22);
  expect(event).toContain(`\n  > │ ${ERROR}\n`);
  const run = runView({ failed: [failedPackage("a")] });
  const facts = verification(run, [failedView], []);
  expect(facts.failed[0]).toMatchObject({ errorLine: ERROR, phase: "compile" });
  const screen = verifyScreen(facts, plain);
  expect(screen).toContain("Failed: 1");
  expect(screen).toContain(`    > │ ${ERROR}`);
});
