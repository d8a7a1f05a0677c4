import { expect, test } from "vitest";
import type { BuildFailure } from "../../../model/failures.ts";
import { failedView } from "../../../workflows/states/failedView.ts";
import { FailureLines } from "../../../workflows/states/failureLines.ts";
import { PackageRecords } from "../../../workflows/states/records.ts";

/** Records of packages that failed, each a second after the one before it. */
function failed(failures: BuildFailure[]): PackageRecords {
  const packages = failures.map((_, i) => ({ cpv: `dev-libs/p${i}-1`, estimate: 1, build: [], run: [] }));
  const records = new PackageRecords({ packages });
  for (const [i, failure] of failures.entries()) {
    const attempt = (number: number, more: object) => ({
      attempt: number,
      drone: `d${number}`,
      jobs: 1,
      startedAt: 0,
      ...more,
    });
    const first = attempt(1, {
      endedAt: i,
      failure: { class: "drone", message: "an earlier one", errorLine: "not this" },
    });
    const last = attempt(2, { endedAt: 1000 + i, failure });
    records.replace(i, { ...records.at(i), state: "failed", attempts: [first, last] });
  }
  return records;
}
const failure = (lines: number, length: number): BuildFailure => ({
  class: "package",
  message: "compile phase: x",
  phase: "compile",
  errorLine: "x",
  around: Array.from({ length: lines }, () => "y".repeat(length)),
});

test("each failed package has its last failure and all drones that tried", () => {
  expect(failedView(failed([failure(1, 1)]))).toEqual([
    {
      cpv: "dev-libs/p0-1",
      message: "compile phase: x",
      drones: ["d1", "d2"],
      failedAt: 1000,
      phase: "compile",
      errorLine: "x",
      around: ["y"],
    },
  ]);
});

test("what failures of earlier versions do not have is left out", () => {
  expect(failedView(failed([{ class: "package", message: "m" }]))).toEqual([
    { cpv: "dev-libs/p0-1", message: "m", drones: ["d1", "d2"], failedAt: 1000 },
  ]);
});

test("however many fail, the lines of the last ones only travel with the view", () => {
  const many = failedView(failed(Array.from({ length: 500 }, () => failure(41, 60))));
  expect(many).toHaveLength(500);
  expect(many.filter(({ around }) => around).map(({ cpv }) => cpv)).toEqual(
    Array.from({ length: 20 }, (_, i) => `dev-libs/p${480 + i}-1`),
  );
  const long = failedView(failed(Array.from({ length: 500 }, () => failure(41, 300))));
  expect(JSON.stringify(long.flatMap(({ around }) => around ?? [])).length).toBeLessThan(80 * 1024);
});

test("a run in which very much fails stays small: earlier failures keep their words, not the lines of their logs", () => {
  const attempts = Array.from({ length: 1000 }, (_, i) => ({
    ...{ attempt: 1, drone: "izar", jobs: 1, startedAt: 0, endedAt: i },
    failure: { ...failure(41, 60), logTail: ["tail"] },
  }));
  const lines = new FailureLines(attempts.slice(0, 300));
  for (const attempt of attempts.slice(300)) lines.add(attempt);
  expect(attempts.filter((it) => it.failure.around).map(({ endedAt }) => endedAt)).toEqual(
    Array.from({ length: 200 }, (_, i) => 800 + i),
  );
  expect(attempts[0]?.failure).toEqual({
    class: "package",
    message: "compile phase: x",
    phase: "compile",
    errorLine: "x",
  });
});
