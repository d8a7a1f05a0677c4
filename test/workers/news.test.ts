import { beforeEach, describe, expect, test } from "vitest";
import type { DroneFacts } from "../../model/fleet.ts";
import { News } from "../../workers/news.ts";
import { facts, NOW } from "../support/facts.ts";

/** ms between two looks of a drone. */
const LOOK = 15_000;

describe("what a drone measures is told to the fleet", () => {
  let news: News;
  let clock: number;
  const at = (change: Partial<DroneFacts>): DroneFacts => facts("izar", { clock, ...change });
  /** Looks of which each finds this; in which of them, from 1, it is told. */
  const looks = (...found: Partial<DroneFacts>[]): number[] =>
    found.flatMap((change, i) => {
      clock += LOOK;
      if (!news.isWorthTelling(at(change))) return [];
      news.tell(at(change));
      return [i + 1];
    });
  const times = (count: number, change: Partial<DroneFacts>) => Array.from({ length: count }, () => change);

  beforeEach(() => {
    news = new News(5);
    clock = NOW;
    news.tell(at({}));
  });

  test("when others keep a core more or less busy and that stays, at most once a minute", () => {
    expect(looks(...times(10, { busyCores: 1.5 }))).toEqual([4]);
    expect(looks(...times(3, { busyCores: 1 }), ...times(2, { busyCores: 0.5 }))).toEqual([5]);
  });

  test("not for a peak, nor for what is not known for a while", () => {
    clock += 300_000;
    expect(looks({ busyCores: 4 }, { busyCores: 0.5 }, { busyCores: 4 }, {}, { busyCores: 4 })).toEqual([]);
    expect(looks({ busyCores: 4 })).toEqual([1]);
  });

  test("when the link is measured first, and when it is more than twice as fast or slow", () => {
    const link = (linkBytesPerSecond: number) => times(5, { linkBytesPerSecond });
    expect(looks(...link(10e6))).toEqual([4]);
    expect(looks(...link(19e6), ...link(6e6))).toEqual([]);
    expect(looks(...link(4e6))).toEqual([1]);
    expect(looks(...times(5, {}))).toEqual([]);
  });

  test("when the disk for builds has clearly grown or shrunk", () => {
    const disk = (gib: number) => times(5, { diskForBuildsBytes: gib * 2 ** 30 });
    clock += 300_000;
    news.tell(at({ diskForBuildsBytes: 40 * 2 ** 30 }));
    expect(looks(...disk(31))).toEqual([]);
    expect(looks(...disk(30))).toEqual([1]);
    expect(looks(...disk(2))).toEqual([1]);
    expect(looks(...disk(1.2))).toEqual([]);
  });

  test("when clearly more or less disk is free, whatever builds may use: alerts judge by it", () => {
    const free = (gib: number) => times(5, { diskFreeBytes: gib * 2 ** 30 });
    clock += 300_000;
    news.tell(at({ diskFreeBytes: 40 * 2 ** 30 }));
    expect(looks(...free(31))).toEqual([]);
    expect(looks(...free(5))).toEqual([1]);
    expect(looks(...free(5.9))).toEqual([]);
    expect(looks(...free(40))).toEqual([1]);
  });

  test("when an alert of its disk begins or ends by it, however small the change is; not what goes up and down between", () => {
    const free = (gib: number) => times(5, { diskFreeBytes: gib * 2 ** 30 });
    clock += 300_000;
    news.tell(at({ diskFreeBytes: 5.5 * 2 ** 30 }));
    expect(looks(...free(5.01))).toEqual([]);
    expect(looks(...free(4.99))).toEqual([1]);
    expect(looks(...free(5.9), ...free(4.9), ...free(5.8))).toEqual([]);
    expect(looks(...free(6.01))).toEqual([1]);
    expect(looks(...free(5.1), ...free(6.1))).toEqual([]);
  });

  test("a disk that is full is told at once", () => {
    expect(looks({ diskFreeBytes: 1 }, { diskFreeBytes: 1 }, {})).toEqual([1, 3]);
  });
});
