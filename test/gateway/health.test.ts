import fc from "fast-check";
import { expect, test } from "vitest";
import { afterCheck, FAILURES_OUT, nextCheckIn, notYetKnown, SUCCESSES_IN } from "../../gateway/health.ts";
import type { Health } from "../../model/health.ts";

const after = (checks: (string | null)[]): Health =>
  checks.reduce((health, problem, index) => afterCheck(health, problem, index + 1), notYetKnown(0));

test("the first check decides by itself", () => {
  expect(after([null])).toMatchObject({ state: "in", lastSeen: 1, reason: null });
  expect(after(["refused"])).toMatchObject({ state: "out", lastSeen: null, reason: "refused" });
});

test("three failures in a row put a service out, with the last reason; two are forgotten at the next success", () => {
  expect(after([null, "a", "b"])).toMatchObject({ state: "in", reason: "b", lastSeen: 1 });
  expect(after([null, "a", "b", null, "c", "d"])).toMatchObject({ state: "in", reason: "d", lastSeen: 4 });
  expect(after([null, "a", "b", "c"])).toMatchObject({ state: "out", reason: "c", since: 4, lastSeen: 1 });
});

test("two successes in a row bring it back; one between failures does not", () => {
  const out = [null, "a", "b", "c"];
  expect(after([...out, null])).toMatchObject({ state: "out", reason: null });
  expect(after([...out, null, "d", null])).toMatchObject({ state: "out" });
  expect(after([...out, null, null])).toMatchObject({ state: "in", since: 6 });
});

test("what is out is looked at more and more rarely, at most every eighth time, and at once often when it answers", () => {
  const out = (failures: number): Health => after([null, ...Array<string>(failures).fill("x")]);
  const waits = [1, 2, 3, 4, 5, 6, 20].map((failures) => nextCheckIn(out(failures), 1000));
  expect(waits).toEqual([1000, 1000, 1000, 2000, 4000, 8000, 8000]);
  expect(nextCheckIn(afterCheck(out(20), null, 99), 1000)).toBe(1000);
});

test("whatever happens: it changes only by enough of the same in a row", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.constant("x"), { nil: null })), (checks) => {
      let health = notYetKnown(0);
      checks.forEach((problem, index) => {
        const now = afterCheck(health, problem, index);
        if (health.state !== "unknown" && now.state !== health.state) {
          const row = checks.slice(0, index + 1).slice(now.state === "out" ? -FAILURES_OUT : -SUCCESSES_IN);
          expect(row.every((each) => (each === null) === (now.state === "in"))).toBe(true);
        }
        health = now;
      });
    }),
  );
});
