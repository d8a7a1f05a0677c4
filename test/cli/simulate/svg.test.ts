import { execa } from "execa";
import { expect, test } from "vitest";
import { readGraph } from "../../../cli/simulate/graphFile.ts";
import { type Timeline, timelineSvg } from "../../../cli/simulate/svg.ts";
import { criticalChain } from "../../../scheduler/criticalChain.ts";
import { exactly } from "../../../scheduler/packageGraph.ts";
import { type SimBuild, simulate } from "../../../scheduler/simulate.ts";
import { YARDSTICKS } from "../../../scheduler/yardsticks/yardsticks.ts";

const READ = `
import json, sys
from xml.etree import ElementTree
root = ElementTree.fromstring(sys.stdin.buffer.read())
space = "{http://www.w3.org/2000/svg}"
assert root.tag == space + "svg", root.tag
bars = [{**r.attrib, "tip": r.findtext(space + "title")} for r in root.iter(space + "rect") if r.find(space + "title") is not None]
print(json.dumps({"bars": bars, "title": root.findtext(space + "title"), "texts": [t.text for t in root.iter(space + "text")]}))
`;

interface Picture {
  title: string;
  texts: string[];
  bars: { class: string; x: string; y: string; width: string; tip: string }[];
}

/** Reads a picture with an XML parser that is not ours. */
async function parsed(svg: string): Promise<Picture> {
  const { stdout } = await execa("python3", ["-c", READ], { input: svg });
  return JSON.parse(stdout);
}

const build = (index: number, drone: string, start: number, end: number, outcome: SimBuild["outcome"] = "built") => ({
  ...{ index, drone, jobs: 4, start, end, outcome },
});

function timeline(builds: SimBuild[], over: Partial<Timeline> = {}): Timeline {
  const makespan = Math.max(...builds.map((b) => b.end));
  const schedule = { makespan, builds, idle: { dependencies: 0, heldBack: 0, tail: 0, lost: 0 }, wasted: 0 };
  return {
    ...{ title: "a <title> & more", schedule, chain: criticalChain(schedule, [[], [], [], []]) },
    drones: [
      { name: "izar", cores: 8, speed: 1 },
      { name: "tarn", cores: 4, speed: 0.5, lostAt: 50 },
    ],
    cpvOf: (index) => `cat/pkg-${index}`,
    ...over,
  };
}

test("bars in lanes, at once ones in rows, with what they are; the critical path and what went wrong are marked", async () => {
  const { title, texts, bars } = await parsed(
    timelineSvg(
      timeline([
        ...[build(0, "izar", 0, 60), build(1, "izar", 30, 40, "failed"), build(1, "izar", 60, 100)],
        build(2, "tarn", 10, 50, "lost"),
      ]),
    ),
  );
  expect(title).toBe("a <title> & more");
  expect(texts).toEqual(expect.arrayContaining(["izar", "8 cores", "tarn", "4 cores x0.5", "1m 00s"]));
  expect(bars.map((bar) => [bar.class, bar.tip])).toEqual([
    ["critical", "cat/pkg-0\n-j4, 0s - 1m 00s (1m 00s)"],
    ["critical", "cat/pkg-1\n-j4, 1m 00s - 1m 40s (40s)"],
    ["failed", "cat/pkg-1\n-j4, 30s - 40s (10s), failed"],
    ["lost", "cat/pkg-2\n-j4, 10s - 50s (40s), lost"],
  ]);
  const [first, second, failed, lost] = bars.map((bar) => ({ y: Number(bar.y), x: Number(bar.x) }));
  expect(first?.y).toBe(second?.y);
  expect(failed?.y).toBeGreaterThan(first?.y ?? 0);
  expect(lost?.y).toBeGreaterThan(failed?.y ?? 0);
  expect(second?.x).toBeGreaterThan(failed?.x ?? 0);
});

test("names cannot break the picture", async () => {
  const cpvOf = (): string => `a/<script>"&'\u0000\u001b]]>\ud800-1`;
  const { bars } = await parsed(timelineSvg(timeline([build(0, "izar", 0, 60)], { cpvOf, title: "\u0007</svg>" })));
  expect(bars[0]?.tip).toContain(`a/<script>"&'`);
});

test("light and dark", () => {
  expect(timelineSvg(timeline([build(0, "izar", 0, 1)]))).toContain("@media (prefers-color-scheme: dark)");
});

test("many small builds are drawn together, and told apart from the critical path", async () => {
  const small = Array.from({ length: 5000 }, (_, i) => build(i, "izar", i, i + 1));
  const { bars } = await parsed(timelineSvg(timeline([...small, build(5000, "tarn", 0, 6000)])));
  expect(bars.length).toBeLessThan(100);
  expect(bars.filter((bar) => bar.class === "critical").map((bar) => bar.tip.split("\n")[0])).toEqual(["cat/pkg-5000"]);
  expect(bars.find((bar) => bar.class === "many")?.tip).toMatch(/^\d+ builds, .*: cat\/pkg-0 \.\.\. cat\/pkg-\d+$/);
});

test("the whole tree makes a picture that a browser can show", async () => {
  const graph = await readGraph("tree2014", "/");
  const packages = exactly(graph);
  const drones = [16, 14, 24, 8].map((cores, i) => ({ name: `drone${i + 1}`, cores, speed: 1 }));
  const slots = YARDSTICKS["slots-of-four"]({ packages, drones, reaches: graph.packages });
  const schedule = simulate(packages, drones, slots);
  const chain = criticalChain(
    schedule,
    packages.map((p) => p.needs),
  );
  const cpvOf = (index: number): string => graph.packages[index]?.cpv ?? "";
  const svg = timelineSvg({ title: "tree2014", drones, schedule, chain, cpvOf });
  expect(svg.length).toBeLessThan(3e6);
  expect((await parsed(svg)).bars.length).toBeGreaterThan(1000);
});
