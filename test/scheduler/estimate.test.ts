import { describe, expect, test } from "vitest";
import { fromGraph, toGraph, USUAL_DISK_BYTES } from "../../model/estimate.ts";
import type { BuildSample } from "../../model/history.ts";
import { estimate, packageName } from "../../scheduler/estimate.ts";
import { secondsOn } from "../../scheduler/work.ts";

const MIB = 2 ** 20;
const hello = { cpv: "app-misc/hello-1.1", sourceBytes: 10 * MIB, target: "desktop" };

/** A build of 20 s on one core and 400 core-seconds of compiling with -j8 in 50 s. */
function sample(changes: Partial<BuildSample> = {}): BuildSample {
  return {
    ...{ target: "desktop", cpv: hello.cpv, jobs: 8, endedAt: 0, prepareSeconds: 5, buildSeconds: 65 },
    phases: [
      { name: "unpack", seconds: 5 },
      { name: "compile", seconds: 50 },
      { name: "install", seconds: 10 },
    ],
    ...{ cpuSeconds: 415, peakMemoryBytes: null },
    ...changes,
  };
}
/** Builds whose core-seconds are these, newest first. */
const builds = (...cpu: number[]): BuildSample[] => cpu.map((cpuSeconds) => sample({ cpuSeconds }));

describe("the best that is known is used", () => {
  const giant = { ...hello, cpv: "dev-lang/rust-1.99.0" };
  test.each([
    [
      "own builds of this version",
      hello,
      [sample(), sample({ cpv: "app-misc/hello-1.0", cpuSeconds: 9000 })],
      "history",
    ],
    ["builds of other versions", hello, [sample({ cpv: "app-misc/hello-1.1-r1" })], "earlier-version"],
    ["own builds, also of a giant", giant, [sample({ cpv: giant.cpv })], "history"],
    ["builds of another version, also of a giant", giant, [sample({ cpv: "dev-lang/rust-1.98.0" })], "earlier-version"],
    ["the table of giants", giant, [], "known-giant"],
    ["category and size", hello, [], "category"],
    ["size alone, in a category that nobody knows", { ...hello, cpv: "mine/hello-1" }, [], "size"],
  ])("%s", (_what, facts, samples, source) => {
    expect(estimate(facts, samples).source).toBe(source);
  });

  test("the less is known, the less certain it is", () => {
    const sigmas = [
      estimate(hello, builds(100, 101, 99, 100, 100, 100, 100, 100, 100)),
      estimate(hello, builds(100, 101)),
      estimate(hello, builds(100)),
      estimate(hello, [sample({ cpv: "app-misc/hello-1.0" })]),
      estimate(hello),
      estimate({ ...hello, cpv: "mine/hello-1" }),
    ].map(({ sigma }) => sigma);
    expect(sigmas).toEqual(sigmas.toSorted((a, b) => a - b));
    expect(sigmas[2]).toBeCloseTo(0.5);
    expect(new Set(sigmas).size).toBe(sigmas.length);
    expect(estimate({ ...hello, cpv: "sys-devel/llvm-20.1.0" }).sigma).toBeCloseTo(0.5);
  });
});

describe("from own builds", () => {
  test("work, the part on one core, and times on other machines follow from what was measured", () => {
    const own = estimate(hello, [sample()]);
    expect(own).toMatchObject({ serial: 20, work: 420 });
    expect(own.width).toBeGreaterThanOrEqual(8);
    // As it was: 5 s to prepare it, 15 s of other phases, 50 s to compile with -j8.
    expect(secondsOn(own, 8)).toBeCloseTo(70);
  });

  test("without processor time: the jobs that it was given, as many as it can use", () => {
    const wide = { ...hello, cpv: "dev-qt/qtwebengine-7" };
    const own = estimate(wide, [sample({ cpv: wide.cpv, cpuSeconds: null })]);
    expect(own.work).toBe(20 + 50 * 8);
    // A package of this size keeps few cores busy: -j64 has not cost 64 times as much.
    const small = { ...hello, sourceBytes: 1 * MIB };
    const narrow = estimate(small, [sample({ cpuSeconds: null, jobs: 64 })]);
    expect(narrow.work).toBeLessThan(20 + 50 * 10);
  });

  test("without phases: the usual part on one core", () => {
    const own = estimate(hello, [sample({ phases: [], cpuSeconds: null })]);
    expect(own.serial).toBeGreaterThan(10);
    expect(own.work).toBeGreaterThan(own.serial);
  });

  test("the middle one counts, newer ones more; what varies is less certain", () => {
    const works = (...cpu: number[]): number => estimate(hello, builds(...cpu)).work;
    expect(works(115, 1015, 118)).toBe(123);
    // The compiler has changed: two new builds outweigh three old ones.
    expect(works(215, 216, 115, 116)).toBeGreaterThan(200);
    expect(estimate(hello, builds(115, 1015, 415)).sigma).toBeGreaterThan(estimate(hello, builds(115, 116, 114)).sigma);
  });

  test("builds for the same target count before others, which are less certain", () => {
    const other = sample({ target: "laptop", cpuSeconds: 1015 });
    expect(estimate(hello, [other, sample()]).work).toBe(420);
    expect(estimate(hello, [other]).sigma).toBeGreaterThan(estimate(hello, [sample()]).sigma);
  });

  test("memory: what was measured, for the jobs that it was measured with", () => {
    const { memoryBytes, memoryPerJobBytes } = estimate(hello, [
      sample({ peakMemoryBytes: 1000 * MIB }),
      sample({ peakMemoryBytes: 3000 * MIB }),
    ]);
    const needed = memoryBytes + 8 * memoryPerJobBytes;
    expect(needed).toBeGreaterThan(3000 * MIB);
    expect(needed).toBeLessThan(3500 * MIB);
    expect(estimate(hello, [sample()]).memoryPerJobBytes).toBe(estimate(hello).memoryPerJobBytes);
  });

  test("memory: what was killed for it wants more than it had, and tells nothing of time", () => {
    const killed = sample({ buildSeconds: null, phases: [], peakMemoryBytes: 8000 * MIB });
    const needed = ({ memoryBytes, memoryPerJobBytes }: ReturnType<typeof estimate>): number =>
      memoryBytes + 8 * memoryPerJobBytes;
    const { work, source } = estimate(hello);
    expect(estimate(hello, [killed])).toMatchObject({ work, source });
    expect(needed(estimate(hello, [killed]))).toBeCloseTo(12_000 * MIB, -8);
    expect(needed(estimate(hello, [killed, sample({ peakMemoryBytes: 100 * MIB })]))).toBeCloseTo(12_000 * MIB, -8);
    const little = { ...killed, peakMemoryBytes: MIB };
    expect(needed(estimate(hello, [little]))).toBe(needed(estimate(hello)));
  });

  test("disk: the largest of this version that came to its end, else of others; no longer what its kind lets expect", () => {
    const MiB = (mib: number, changes: Partial<BuildSample> = {}) => sample({ peakDiskBytes: mib * MIB, ...changes });
    const of = (samples: BuildSample[], facts = hello) => Math.round((estimate(facts, samples).diskBytes ?? 0) / MIB);
    expect(of([MiB(1000), MiB(3000), sample(), MiB(9000, { cpv: "app-misc/hello-1.0" })])).toBe(3300);
    expect(of([MiB(1000, { cpv: "app-misc/hello-1.0" })])).toBe(1100);
    expect(of([MiB(9000, { buildSeconds: null })])).toBe(of([]));
    const rust = { ...hello, cpv: "dev-lang/rust-1.99.0" };
    expect(of([MiB(5000, { cpv: rust.cpv })], rust)).toBe(5500);
  });

  test("installing its dependencies is time, once, and no work of the build", () => {
    const own = estimate(hello, [
      sample({
        prepareSeconds: 30,
        phases: [{ name: "dependencies", seconds: 25 }, ...sample().phases],
        cpuSeconds: 440,
      }),
    ]);
    expect(own).toMatchObject({ serial: 45, work: 445 });
  });

  test("a build that tells nothing of its cost is no build", () => {
    expect(estimate(hello, [sample({ buildSeconds: null })]).source).toBe("category");
  });
});

describe("without own builds", () => {
  test("more sources cost more; scripts cost less than C++", () => {
    const of = (cpv: string, mib: number): number => estimate({ ...hello, cpv, sourceBytes: mib * MIB }).work;
    expect(of("kde-apps/x-1", 20)).toBeGreaterThan(3 * of("kde-apps/x-1", 1));
    expect(of("dev-python/x-1", 5)).toBeLessThan(of("media-libs/x-1", 5) / 2);
    expect(of("virtual/x-1", 0)).toBeLessThan(5);
  });

  test("disk: known giants first, then by the size of the sources, which data needs less of", () => {
    const gib = (cpv: string, mib: number) =>
      (estimate({ ...hello, cpv, sourceBytes: mib * MIB }).diskBytes ?? 0) / 2 ** 30;
    expect(gib("www-client/chromium-140.0", 900)).toBe(14);
    expect(gib("dev-libs/small-1", 10)).toBeLessThan(0.5);
    expect(gib("dev-libs/large-1", 200)).toBeGreaterThan(2);
    expect(gib("games-fps/data-1", 2000)).toBeLessThan(0.6 * 10 * gib("dev-libs/large-1", 200));
  });

  test("a giant is wider and hungrier than a package of its size", () => {
    const [llvm, lib] = ["llvm-core/llvm-20.1.0", "dev-libs/llvm-ish-1"].map((cpv) => estimate({ ...hello, cpv }));
    expect(llvm?.work).toBeGreaterThan(20 * (lib?.work ?? 0));
    expect(llvm?.memoryPerJobBytes).toBeGreaterThan(lib?.memoryPerJobBytes ?? 0);
  });
});

test.each([
  ["dev-libs/openssl-3.0.2-r1", "dev-libs/openssl"],
  ["media-fonts/font-100dpi-1.0", "media-fonts/font-100dpi"],
  ["dev-qt/qtcore-5.15.2_p20241013", "dev-qt/qtcore"],
  ["a/b-1a-2", "a/b-1a"],
])("%s is a version of %s", (cpv, name) => {
  expect(packageName(cpv)).toBe(name);
});

describe("a graph carries an estimate in few bytes", () => {
  const estimates = [
    estimate(hello, [sample({ peakMemoryBytes: 900 * MIB })]),
    estimate({ ...hello, cpv: "www-client/chromium-103.0" }),
    estimate({ ...hello, cpv: "virtual/x-1", sourceBytes: 0 }),
    estimate({ ...hello, cpv: "mine/hello-1", sourceBytes: 5000 * MIB }),
  ];

  test.each(estimates)("and gives it back nearly as it was: $work core-seconds", (own) => {
    const back = fromGraph(toGraph(own));
    expect(back.work / own.work).toBeCloseTo(1, 1.2);
    expect(secondsOn(back, 16) / secondsOn(own, 16)).toBeCloseTo(1, 0.7);
    expect(back.sigma).toBeCloseTo(own.sigma, 1.3);
    for (const key of ["memoryBytes", "memoryPerJobBytes"] as const) {
      expect(back[key]).toBeGreaterThan(own[key] * 0.99);
      expect(back[key]).toBeLessThan(own[key] * 1.35 + MIB);
    }
    expect(back.diskBytes ?? USUAL_DISK_BYTES).toBeGreaterThanOrEqual(Math.min(own.diskBytes ?? 0, 512 * 2 ** 30));
    // Again and again: rounding does not creep.
    expect(toGraph({ ...back, source: "size" })).toEqual(toGraph(own));
  });

  test("what is usual takes none", () => {
    expect(Object.keys(toGraph({ ...fromGraph({ estimate: 5 }), source: "size" }))).toEqual(["estimate"]);
  });
});

describe("what a build looked like beside others, or on another machine, does not change the package", () => {
  test("a core twice as fast takes half of the time for the same work", () => {
    const slow = estimate(hello, [sample()]);
    const phases = sample().phases.map(({ name, seconds }) => ({ name, seconds: seconds / 2 }));
    const half = (seconds: number | null): number => (seconds ?? 0) / 2;
    const { prepareSeconds, buildSeconds, cpuSeconds } = sample();
    const fast = {
      prepareSeconds: half(prepareSeconds),
      buildSeconds: half(buildSeconds),
      cpuSeconds: half(cpuSeconds),
    };
    expect(estimate(hello, [sample({ ...fast, phases, speed: 2 })])).toMatchObject({
      work: slow.work,
      serial: slow.serial,
    });
  });

  test("phases that others held up are not longer than the processor time of the build", () => {
    const stretched = sample({
      phases: [
        { name: "configure", seconds: 3000 },
        { name: "compile", seconds: 10 },
      ],
      cpuSeconds: 40,
    });
    expect(estimate(hello, [stretched]).work).toBeLessThan(60);
  });

  test("of several builds the one that was held up least says what one core does alone", () => {
    const own = (seconds: number) =>
      sample({
        phases: [
          { name: "configure", seconds },
          { name: "compile", seconds: 50 },
        ],
        prepareSeconds: 0,
        cpuSeconds: 500,
      });
    expect(estimate(hello, [own(90), own(30), own(200)]).serial).toBeCloseTo(30, 6);
  });
});
