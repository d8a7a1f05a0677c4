import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readGraph, shippedGraphs } from "../../../cli/simulate/graphFile.ts";
import { UserError } from "../../../model/errors.ts";
import { temporaryDirectory } from "../command.ts";

type Json = unknown;
const node = (cpv: Json, { work = 10, serial = 2, width = 4 }: Record<string, Json> = {}): Json[] => [
  ...[cpv, "0", "", "gentoo", "nls", 1000, work, serial, width, "autotools", "formula"],
];
const sample = {
  nodes: [node("a/top-1"), node("a/lib-1"), node("a/tool-1"), node("a/doc-1")],
  edges: [
    [0, 1, "b"],
    [1, 2, "rs"],
    [2, 0, "bsx"],
    [0, 3, "p"],
  ] as Json[],
  order: [2, 1, 3, 0] as number[] | undefined,
};

async function fileOf(content: string | Buffer, name = "graph.json"): Promise<string> {
  const file = join(await temporaryDirectory(), name);
  await writeFile(file, content);
  return file;
}

/** What is said of a graph, without the file's name. */
async function problemsOf(graph: Json): Promise<string[]> {
  const file = await fileOf(typeof graph === "string" ? graph : JSON.stringify(graph));
  const error = await readGraph(file, "/").then(
    () => null,
    (caught: unknown) => caught,
  );
  if (!(error instanceof UserError)) throw new Error(`no UserError but ${error}`);
  expect(error.exitCode).toBe(2);
  return error.problems.map((problem) => {
    expect(problem).toContain(`${file}: `);
    return problem.replace(`${file}: `, "");
  });
}

test("packages come in merge order; x orders nothing, p neither, r does", async () => {
  const { name, packages } = await readGraph(await fileOf(JSON.stringify(sample)), "/");
  expect(name).toBe("graph");
  expect(packages).toEqual([
    { cpv: "a/tool-1", work: { work: 10, serial: 2, width: 4 }, needs: [], reaches: [3] },
    { cpv: "a/lib-1", work: { work: 10, serial: 2, width: 4 }, needs: [0], reaches: [0] },
    { cpv: "a/doc-1", work: { work: 10, serial: 2, width: 4 }, needs: [], reaches: [] },
    { cpv: "a/top-1", work: { work: 10, serial: 2, width: 4 }, needs: [1], reaches: [1] },
  ]);
});

test("without an order, what is needed comes first; gzip is known by its bytes, and a path may be relative", async () => {
  const { order, ...rest } = sample;
  const file = await fileOf(gzipSync(JSON.stringify(rest)), "packed.json");
  const { packages } = await readGraph("./packed.json", join(file, ".."));
  const place = new Map(packages.map((p, i) => [p.cpv, i]));
  packages.forEach((p, i) => {
    for (const need of p.needs) expect(need).toBeLessThan(i);
  });
  expect([...place.keys()].sort()).toEqual(["a/doc-1", "a/lib-1", "a/tool-1", "a/top-1"]);
});

test("the shipped graphs are read by name", async () => {
  expect(await shippedGraphs()).toEqual(["desktop", "tree2014", "weekly"]);
  const { packages } = await readGraph("weekly", "/");
  expect(packages).toHaveLength(92);
});

test("the whole tree is read in well under a second", async () => {
  const start = process.cpuUsage();
  const { packages } = await readGraph("tree2014", "/");
  const { user, system } = process.cpuUsage(start);
  expect(packages).toHaveLength(17_120);
  expect((user + system) / 1e6).toBeLessThan(2);
});

describe("everything that is wrong with a graph is told at once, each with its place", () => {
  test("a cycle, whole", async () => {
    const [problem, ...others] = await problemsOf({ ...sample, edges: [...sample.edges, [2, 0, "b"]] });
    expect(problem).toContain("a cycle: a/top-1 needs a/lib-1 needs a/tool-1 needs a/top-1.");
    expect(others).toEqual([]);
  });

  test("a package that needs itself, and every knot of cycles once", async () => {
    const nodes = ["a/a-1", "a/b-1", "a/c-1", "a/d-1"].map((cpv) => node(cpv));
    const edges = [
      [0, 0, "b"],
      [1, 2, "b"],
      [2, 1, "r"],
      [3, 1, "b"],
    ];
    const problems = await problemsOf({ nodes, edges });
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain("a/a-1 needs a/a-1.");
    expect(problems[1]).toContain("a/b-1 needs a/c-1 needs a/b-1.");
  });

  test("a cycle of ten thousand packages", async () => {
    const nodes = Array.from({ length: 10_000 }, (_, i) => node(`a/p${i}-1`));
    const [problem] = await problemsOf({ nodes, edges: nodes.map((_, i) => [i, (i + 1) % nodes.length, "b"]) });
    expect(problem?.split(" needs ")).toHaveLength(10_001);
  });

  test("nodes, edges and the order, together", async () => {
    const nodes = [
      node("a/a-1", { work: -3 }),
      node("a/b-1", { work: null, serial: "2" }),
      node("a/c-1", { width: 0 }),
      node("a/d-1", { work: 3, serial: 4 }),
      node("no slash"),
      node("a/a-1"),
      ["a/short-1", "0"],
      node("a/e-1").with(5, 1.5e308 * 10),
      "text",
    ];
    const edges = [[0, 9, "b"], [1, 0, "z"], [0, -1, "b"], [0], [0, "1", "b"]];
    const problems = await problemsOf({ nodes, edges, order: [0, 0, 1] });
    expect(problems.map((problem) => problem.replaceAll(/ \(cpv, .*| \(a, .*/g, " (...)"))).toEqual([
      "node 0 (a/a-1): work_core_s must be a number from 0, not -3",
      "node 1 (a/b-1): work_core_s must be a number from 0, not null",
      'node 1 (a/b-1): serial_s must be a number from 0, not "2"',
      "node 2 (a/c-1): maxpar must be a number from 1, not 0",
      'node 4 (no slash): cpv must be a category/name-version, not "no slash"',
      "node 6 (a/short-1): must be a list of 11 fields (...)",
      "node 7 (a/e-1): src_bytes must be a number from 0, not null",
      "node 8: must be a list of 11 fields (...)",
      'edge 1: kind must be b, r or p, with s and x after it where they apply, not "z"',
      "edge 2: b must be the number of a node, not -1",
      "edge 3: must be a list of 3 fields (...)",
      'edge 4: b must be the number of a node, not "1"',
      "node 3 (a/d-1): serial_s 4 is more than work_core_s 3, which it is part of",
      "edge 0: there is no node 9, the last one is 8",
      "order: must name each node once: node 0 is there 2 times",
    ]);
  });

  test("a package that is there twice", async () => {
    expect(await problemsOf({ nodes: [node("a/a-1"), node("a/b-1"), node("a/a-1")], edges: [] })).toEqual([
      "nodes 0, 2 are all a/a-1: each package may be there once",
    ]);
  });

  test("more problems than anybody reads are counted", async () => {
    const problems = await problemsOf({ nodes: Array.from({ length: 150 }, () => node(7)), edges: [] });
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toBe("and 50 more problems");
  });

  test.for<[string, Json, RegExp]>([
    ["not JSON", "{ nodes", /^is not JSON: .*/],
    ["empty", " \n", /^is empty/],
    ["a list", [1, 2], /^must be a JSON object with nodes and edges, not \[1,2\]/],
    ["no nodes", { edges: [] }, /^nodes is missing: it must be a list of at least one package/],
    ["no packages", { nodes: [], edges: [] }, /^nodes must be a list of at least one package, not \[\]/],
    ["another format", { ...sample, schema: 2 }, /^schema must be 1, .* not 2/],
    ["an order of words", { ...sample, order: ["a"] }, /^order 0 must be .* not "a"/],
    ["an order that lacks one", { ...sample, order: [0, 1, 2] }, /node 3 is missing/],
    ["an order with a stranger", { ...sample, order: [0, 1, 2, 7] }, /there is no node 7/],
  ])("%s", async ([, graph, message]) => {
    expect(await problemsOf(graph)).toEqual([expect.stringMatching(message)]);
  });
});

test("a name that is not shipped: the nearest one; a file that is not there: where it was looked for", async () => {
  await expect(readGraph("wekly", "/")).rejects.toThrow(/no graph "wekly". Did you mean weekly\? .*desktop, tree2014/);
  await expect(readGraph("x/none.json", "/srv")).rejects.toThrow(/cannot read the graph \/srv\/x\/none.json: ENOENT/);
  const file = await fileOf(gzipSync(JSON.stringify(sample)).subarray(0, 60), "cut.json.gz");
  await expect(readGraph(file, "/")).rejects.toThrow(/cut.json.gz: cannot be unpacked/);
});
