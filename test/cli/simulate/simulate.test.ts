import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { swarm, temporaryDirectory } from "../command.ts";

const FOUR = ["--drones", "16,14,24,8"];

test("makespan, bound, ratio, idle cores by cause, cost of the decisions and the critical path", async () => {
  const { exitCode, stdout, stderr } = await swarm(["simulate", "weekly", ...FOUR, "--policy", "swarm-rule"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toMatch(/92 packages, 23.8 core-hours of work, on 4 drones with 62 cores/);
  expect(stdout).toMatch(/^Makespan +\d+m/m);
  expect(stdout).toMatch(/^Lower bound +27m 49s \(the longest path, .*dev-qt\/qtwebengine/m);
  expect(stdout).toMatch(/^Ratio +1\.\d+$/m);
  expect(stdout).toMatch(/^Idle cores .*everything had started/m);
  expect(stdout).toMatch(/^Decisions +\d+ in .* s of CPU, median .* ms, p99 .* ms/m);
  expect(stdout).toMatch(/CRITICAL PATH: \d+ builds/);
});

test("the same answer each time, as JSON; looking ahead does no harm", async () => {
  const run = async (policy: string) => {
    const { stdout } = await swarm(["simulate", "weekly", ...FOUR, "--json", "--policy", policy]);
    const { policies, chain, plan, boundPath } = JSON.parse(stdout);
    const [{ decisions, ...figures }] = policies;
    return { figures, chain, boundPath, runs: plan?.runs };
  };
  const [one, again, rule] = await Promise.all([run("swarm"), run("swarm"), run("swarm-rule")]);
  expect(one).toEqual(again);
  expect(one.runs).toBeGreaterThan(1);
  expect(one.figures.makespan).toBeLessThanOrEqual(rule.figures.makespan);
  expect(one.figures.ratio).toBeGreaterThanOrEqual(1);
  expect(one.chain.at(-1).end).toBeCloseTo(one.figures.makespan);
});

test("all policies side by side, with noise, failures and a lost drone; the mean of seeds", async () => {
  const args = ["simulate", "weekly", "--drones", "a:16,b:8,c:8:0.5", "--policy", "all"];
  const { exitCode, stdout } = await swarm([
    ...args,
    "--noise",
    "0.7",
    "--seeds",
    "2",
    "--fail",
    "0.1",
    "--lose",
    "b@5m",
  ]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/sigma 0.7, 10.0 % of the builds fail; mean of seeds 1 to 2/);
  for (const name of ["swarm", "swarm-rule", "merge-order", "slots-of-four", "portage", "critical-path"]) {
    expect(stdout).toMatch(new RegExp(`^${name} +\\d.* +\\d\\.\\d{3} +x\\d`, "m"));
  }
});

test("the schedule is drawn, also where the drone that is lost had builds", async () => {
  const directory = await temporaryDirectory();
  const args = ["simulate", "weekly", "--drones", "16,8", "--policy", "swarm-rule", "--svg", "out.svg"];
  const { exitCode, stdout } = await swarm([...args, "--lose", "drone2@3m"], {}, directory);
  expect({ exitCode, drawn: stdout.includes("Drawn: out.svg") }).toEqual({ exitCode: 0, drawn: true });
  const svg = await readFile(join(directory, "out.svg"), "utf8");
  expect(svg).toContain('class="lost"');
  expect(svg).toContain('class="critical"');
});

test("everything wrong with the graph and the options is told at once: exit code 2, nothing on stdout", async () => {
  const directory = await temporaryDirectory();
  const nodes = ["a/a-1", "a/b-1"].map((cpv) => [cpv, "0", "", "", "", 0, -1, 0, 1, "", ""]);
  await writeFile(
    join(directory, "bad.json"),
    JSON.stringify({
      nodes,
      edges: [
        [0, 1, "b"],
        [1, 0, "b"],
      ],
    }),
  );
  const args = ["simulate", "./bad.json", "--drones", "8,x:0", "--policy", "merge", "--lose", "y@1h"];
  const { exitCode, stdout, stderr } = await swarm(args, {}, directory);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toMatch(/node 0 \(a\/a-1\): work_core_s must be a number from 0, not -1/);
  expect(stderr).toMatch(/a cycle: a\/a-1 needs a\/b-1 needs a\/a-1/);
  expect(stderr).toMatch(/"x:0": cores must be/);
  expect(stderr).toMatch(/--policy "merge" is unknown/);
  expect(stderr).toMatch(/there is no drone "y"/);
  expect(stderr).not.toMatch(/^ +at /m);
});

test("a picture that cannot be written: where, and why", async () => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, "file"), "");
  const args = ["simulate", "weekly", "--drones", "8", "--policy", "merge-order", "--svg", "file/out.svg"];
  const { exitCode, stderr } = await swarm(args, {}, directory);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/cannot write the timeline .*file\/out.svg: (ENOTDIR|EEXIST)/);
});
