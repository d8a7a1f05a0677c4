import { expect, test } from "vitest";
import { plain } from "../../../cli/paint.ts";
import { dryRun, dryRunScreen } from "../../../cli/screens/dryRun.ts";
import { runDrone, runView } from "../views.ts";

const graph = {
  packages: [
    { cpv: "dev-libs/base-1", estimate: 60, build: [], run: [], reason: "new" },
    { cpv: "dev-libs/there-1", estimate: 60, build: [], run: [], present: true },
    { cpv: "dev-libs/mid-1", estimate: 30, build: [0, 1], run: [], reason: "built against dev-libs/base:0/1, now 0/2" },
    { cpv: "app-misc/other-1", estimate: 10, build: [1], run: [], reason: "USE changed: +fancy" },
    { cpv: "app-misc/top-1", estimate: 10, build: [2], run: [3], reason: "new" },
  ],
};

test("the plan by waves, each package with its estimate and reason; what is present is not in it", () => {
  const plan = dryRun(runView(), graph);
  expect(plan.waves.map((wave) => wave.map(({ cpv }) => cpv))).toEqual([
    ["dev-libs/base-1", "app-misc/other-1"],
    ["dev-libs/mid-1"],
    ["app-misc/top-1"],
  ]);
  expect(plan.waves[1]?.[0]?.needs).toEqual(["dev-libs/base-1"]);
  expect(plan.work).toBe(110);
  const lines = dryRunScreen(plan, plain);
  expect(lines).toContain("  dev-libs/mid-1       30s  built against dev-libs/base:0/1, now 0/2");
  expect(lines).toContain("4 packages in 3 waves, about 1m 50s of one core's work");
});

/** Numbers of seconds at the end of each cell are what matters: one space between cells. */
const squeezed = (lines: string[]): string[] => lines.map((line) => line.trim().replace(/ +/g, " "));

/** A chain of so many packages of a minute, each with one core and a certain time. */
const chain = (length: number) => ({
  packages: Array.from({ length }, (_, i) => {
    return { cpv: `a/link${i}-1`, estimate: 60, sigma: 0, build: i === 0 ? [] : [i - 1], run: [], reason: "new" };
  }),
});

test("what it would take, by the scheduler run forward: the time, the bound, each drone's part, the critical path", () => {
  const wide = Array.from({ length: 60 }, (_, i) => {
    return { cpv: `a/wide${i}-1`, estimate: 60, sigma: 0, build: [], run: [], reason: "new" };
  });
  const drones = [runDrone("izar", 4, { slots: 4 }), runDrone("tarn", 2)];
  const plan = dryRun(runView({ drones }), { packages: [...chain(3).packages, ...wide] });
  const { forecast } = plan;
  expect(forecast?.bound).toEqual({ seconds: 630, byPath: false });
  expect(forecast?.asEstimated).toBeGreaterThanOrEqual(630);
  expect(forecast?.asEstimated).toBeLessThan(1.1 * 630);
  expect(forecast?.seconds.low).toBe(forecast?.seconds.high);
  expect(forecast?.drones.reduce((sum, { packages }) => sum + packages, 0)).toBe(63);
  const busy = forecast?.drones.reduce((sum, drone) => sum + drone.busy * drone.cores, 0) ?? 0;
  expect(busy * (forecast?.asEstimated ?? 0)).toBeCloseTo(63 * 60, 3);
  const lines = squeezed(dryRunScreen(plan, plain));
  expect(lines).toContainEqual(expect.stringMatching(/^On 2 verified drones with 6 cores: about 1\dm \d\ds$/));
  expect(lines).toContainEqual(
    expect.stringMatching(/no schedule is faster than 10m 30s \(all cores busy to the end\)$/),
  );
  expect(lines).toContainEqual(expect.stringMatching(/^izar 4 \d+ (9\d|100) %$/));
});

test("a long critical path: its first and last builds with their times, and how much lies between", () => {
  const lines = squeezed(dryRunScreen(dryRun(runView(), chain(20)), plain));
  const path = lines.slice(lines.findIndex((line) => line.startsWith("Critical path: 20 builds")) + 2);
  expect(path.slice(0, 9)).toEqual([
    expect.stringMatching(/^a\/link0-1 (izar|tarn) 1 0s 1m 00s the beginning$/),
    ...[1, 2, 3].map((i) =>
      expect.stringMatching(new RegExp(`^a/link${i}-1 (izar|tarn) 1 ${i}m 00s 1m 00s what it needs$`)),
    ),
    "and 12 more between, 12m 00s",
    ...[16, 17, 18, 19].map((i) =>
      expect.stringMatching(new RegExp(`^a/link${i}-1 (izar|tarn) 1 ${i}m 00s 1m 00s what it needs$`)),
    ),
  ]);
});

test("uncertain estimates give a range", () => {
  const { forecast } = dryRun(runView(), graph);
  const { low = 0, expected = 0, high = 0 } = forecast?.seconds ?? {};
  expect(low).toBeLessThan(expected);
  expect(expected).toBeLessThan(high);
});

test("also of very many packages", () => {
  const packages = Array.from({ length: 3_200 }, (_, i) => {
    return {
      cpv: `a/p${i}-1`,
      estimate: 20 + ((i * 37) % 400),
      build: i < 100 ? [] : [i - 100],
      run: [],
      reason: "new",
    };
  });
  const { seconds, asEstimated = 0 } = dryRun(runView(), { packages }).forecast ?? {};
  expect(seconds?.low).toBeLessThan(seconds?.expected ?? 0);
  expect(seconds?.expected).toBeLessThan(seconds?.high ?? 0);
  expect(asEstimated).toBeGreaterThan(0);
  const exact = packages.map((p) => ({ ...p, sigma: 0 }));
  const certain = dryRun(runView(), { packages: exact }).forecast;
  expect(certain?.seconds).toMatchObject({ low: certain?.asEstimated, high: certain?.asEstimated });
}, 60_000);

test("a faster drone shortens it", () => {
  const takes = (speed: number) => dryRun(runView({ drones: [runDrone("izar", 4, { speed })] }), chain(3)).forecast;
  expect(takes(1)?.asEstimated).toBeCloseTo(180);
  expect(takes(2)?.asEstimated).toBeCloseTo(90);
});

test("drones that are stale, away or paused do not count; without any it says so", () => {
  const idle = [runDrone("ceti", 8, { state: "stale" }), runDrone("izar", 8, { paused: true })];
  const plan = dryRun(runView({ drones: idle }), graph);
  expect(plan).toMatchObject({ forecast: null, cores: 0 });
  expect(dryRunScreen(plan, plain)).toContain(
    "How long it would take is unknown: no drone was verified. Look: swarm drones",
  );
  const one = dryRun(runView({ drones: [...idle, runDrone("tarn", 14)] }), graph);
  expect(one.forecast?.drones.map(({ name }) => name)).toEqual(["tarn"]);
});

test("nothing to build", () => {
  expect(dryRunScreen(dryRun(runView(), { packages: [] }), plain).at(-1)).toMatch(/^Nothing has to be built/);
});

test("what no drone may build is named, with the reason", () => {
  const drones = [runDrone("izar", 16, { exclude: ["app-misc/*"] })];
  const graph = { packages: chain(2).packages.map((p) => ({ ...p, cpv: `app-misc/${p.cpv.split("/")[1]}` })) };
  const [first] = graph.packages;
  const plan = dryRun(runView({ drones }), graph);
  expect(plan.notices[0]).toBe(`${first?.cpv}: no drone could ever build it: izar excludes app-misc/*`);
  expect(dryRunScreen(plan, plain).join("\n")).toContain("unknown: no drone may build any of it");
});
