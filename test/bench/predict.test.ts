import { expect, test } from "vitest";
import { predict, workOf } from "../../bench/mechanism/predict.ts";

test("a build's formula gives back what was measured of it", () => {
  // 4 s on one core, then 10 core-seconds on two.
  expect(workOf({ seconds: 9, cpu: 14 }, 2)).toEqual({ work: 14, serial: 4, width: 2 });
  expect(predict([{ work: workOf({ seconds: 9, cpu: 14 }, 2), nice: 0 }], 2)[0]).toBeCloseTo(9);
});

test("beside a build of several threads, one thread has all that it can use: builds are weighed, not threads", () => {
  const serial = { work: 6, serial: 6, width: 1 };
  const wide = { work: 1000, serial: 0, width: 2 };
  expect(
    predict(
      [serial, wide].map((work) => ({ work, nice: 0 })),
      2,
    )[0],
  ).toBeCloseTo(6);
});
