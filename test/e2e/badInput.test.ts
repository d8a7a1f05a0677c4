import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { LONG, type Swarm, startSwarm } from "../support/swarm.ts";
import type { SwarmPackage } from "../support/swarmPackages.ts";

vi.setConfig(LONG);

const PACKAGES: SwarmPackage[] = [
  { cpv: "app-misc/fine-1", held: true },
  { cpv: "app-misc/after-1", needs: ["app-misc/fine"] },
  { cpv: "app-misc/lonely-1", needs: ["app-misc/nowhere"] },
  { cpv: "app-misc/egg-1", needs: ["app-misc/hen"] },
  { cpv: "app-misc/hen-1", needs: ["app-misc/egg"] },
  { cpv: "app-misc/hidden-1" },
];

let swarm: Swarm;

beforeAll(async () => {
  swarm = await startSwarm({
    drones: { izar: { cores: 4, slots: 1 }, tarn: { cores: 4, slots: 1 } },
    packages: PACKAGES,
    world: ["app-misc/after"],
    files: { "package.mask": "app-misc/hidden\n" },
    orchestrators: 1,
  });
});
afterAll(() => swarm?.stop());

const json = async (...args: string[]) => JSON.parse(await swarm.do(...args, "--json"));
const runsOf = async (): Promise<{ run: string; step: string }[]> => await json("runs");

describe("what is asked for is wrong: nothing begins", () => {
  test.for<[string, string[], number, RegExp]>([
    [
      "malformed atoms, each told",
      ["run-update", "--packages", "nonsense,>=app-misc/fine", "--packages", "app-misc/after"],
      2,
      /"nonsense"(.|\n)*">=app-misc\/fine"/,
    ],
    [
      "unknown target",
      ["run-update", "--target", "desktpo"],
      2,
      /^swarm: unknown target 'desktpo', did you mean 'desktop'\? known: desktop$/,
    ],
    ["a target that is a path", ["run-update", "--target", "../desktop"], 2, /unknown target '..\/desktop'/],
    ["a snapshot that is a path", ["snapshots", "rollback", "../../etc"], 1, /desktop has no snapshot yet/],
    ["a drone that is a path", ["drone", "pause", "../izar"], 1, /^swarm: no drone \.\.\/izar; known: izar, tarn$/],
    [
      "a package, where there was no run",
      ["why", "fine"],
      1,
      /there was no run of desktop yet. Start one: swarm run-update/,
    ],
  ])("%s", async ([, args, code, message]) => {
    const ended = await swarm.cli(...args);
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code, stdout: "" });
    expect(ended.stderr).toMatch(message);
    expect(await runsOf()).toEqual([]);
  });

  test("a list with bad lines: every one with its number", async () => {
    const list = join(swarm.directory, "list.txt");
    await writeFile(list, "app-misc/fine\nnonsense\n\n# fine\n=app-misc/after\n");
    const { code, stderr } = await swarm.cli("init-from-list", list);
    expect(code).toBe(2);
    expect(stderr).toMatch(/list\.txt:2: .*\n.*list\.txt:5: /);
    expect(await runsOf()).toEqual([]);
  });

  test("a target whose world has bad lines: told, and the target stays as it was", async () => {
    const before = await json("target", "show");
    const directory = join(swarm.directory, "bad");
    await mkdir(directory);
    await writeFile(join(directory, "profile"), "test:default\n");
    await writeFile(join(directory, "world"), "app-misc/fine\nApp misc\n../..\n");
    const { code, stderr } = await swarm.cli("target", "put", directory, "desktop");
    expect(code).toBe(2);
    expect(stderr).toMatch(/world:2: (.|\n)*world:3: /);
    expect(await json("target", "show")).toEqual(before);
    expect((await swarm.cli("target", "put", join(swarm.directory, "desktop"), "../up")).stderr).toMatch(
      /"\.\.\/up" cannot be a target's name: lower-case letters/,
    );
  });
});

describe("a world that does not resolve", () => {
  test("an unknown package: Portage's own words and the way on; nothing is built", async () => {
    const { code, stdout } = await swarm.cli("run-update", "--packages", "app-misc/nowhere,app-misc/after");
    expect(code).toBe(1);
    expect(stdout).toContain("✗ app-misc/nowhere (missing)");
    expect(stdout).toContain('there are no ebuilds to satisfy "app-misc/nowhere"');
    expect(stdout).toContain("swarm run-update --skip-unresolvable");
    expect(await json("status")).toMatchObject({ run: { step: "failed" } });
    expect(await swarm.compiled()).toEqual([]);
  });

  test("several classes at once, each named", async () => {
    const atoms = ["app-misc/lonely", "app-misc/egg", "app-misc/hidden", "app-misc/after"];
    const { code } = await swarm.cli("run-update", "--packages", atoms.join(","));
    expect(code).toBe(1);
    const { run } = await json("status");
    const classes = run.unresolvable.map((each: { atoms: string[]; class: string }) => [each.atoms.join(), each.class]);
    expect(Object.fromEntries(classes)).toEqual({
      "app-misc/lonely": "missing",
      "app-misc/egg": "circular",
      "app-misc/hidden": "masked",
    });
    expect(run.unresolvable.map((each: { text: string }) => each.text).join("\n")).toMatch(/package\.mask/);
  });

  test("--skip-unresolvable builds the rest, and verify says what is left out", async () => {
    await swarm.release("app-misc/fine-1");
    const { code, stdout } = await swarm.cli(
      "run-update",
      "--skip-unresolvable",
      "--packages",
      "app-misc/nowhere,app-misc/hidden,app-misc/fine",
    );
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("→ Run: swarm finalize") });
    expect(await swarm.compiled()).toEqual(["app-misc/fine-1"]);
    expect(await json("verify")).toMatchObject({
      publish: [{ cpv: "app-misc/fine-1" }],
      unresolved: [
        { atom: "app-misc/nowhere", class: "missing" },
        { atom: "app-misc/hidden", class: "masked" },
      ],
      risk: "some",
    });
    await swarm.do("reset", "--yes");
    expect(await json("snapshots")).toEqual([]);
  });
});

describe("at the wrong moment", () => {
  test("two run-updates at once: one starts; finalize too early is refused; of two finalizes at once one publishes", async () => {
    await rm(join(swarm.directory, "gates"), { recursive: true });
    await mkdir(join(swarm.directory, "gates"));
    const begun = (await swarm.compiled()).length;
    const both = await Promise.all([1, 2].map(() => swarm.cli("run-update", "--detach", "--json")));
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
    const { run } = JSON.parse(both.find(({ code }) => code === 0)?.stdout ?? "");
    const { error } = JSON.parse(both.find(({ code }) => code === 1)?.stdout ?? "");
    const way = "To begin when it has ended: swarm run-update --queue";
    expect(error).toBe(`a run of desktop is in progress (${run}): swarm status. ${way}`);

    await swarm.until("fine compiles", async () => (await swarm.compiled()).length > begun);
    const early = await swarm.cli("finalize");
    expect(early).toEqual({
      code: 1,
      stdout: "",
      stderr: "swarm: too early: 2 packages left, 1 of them building. Watch: swarm status",
    });
    expect((await swarm.view()).step).toBe("build");

    await swarm.release("app-misc/fine-1");
    await swarm.reaches("gate");
    const finals = await Promise.all([1, 2].map(() => swarm.cli("finalize")));
    expect(finals.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect(finals.find(({ code }) => code === 1)?.stderr).toMatch(
      /finalize was given already by|is being published already|no run of desktop is in progress/,
    );
    expect(finals.find(({ code }) => code === 0)?.stdout).toMatch(/✓ Published as \S+: 2 packages added\./);
    expect(await json("snapshots")).toEqual([expect.objectContaining({ run, packages: 2, current: true })]);
    expect((await swarm.compiled()).slice(begun)).toEqual(["app-misc/fine-1", "app-misc/after-1"]);
  });
});

test("every verb that reports is valid JSON with --json, and nothing else is on its stdout", async () => {
  for (const verb of [
    ...["status", "runs", "drones", "verify", "why fine", "logs fine", "target list", "target show", "sync-verify"],
    ...["snapshots list", "snapshots show", "config show", "config check", "dev-server status"],
  ]) {
    const { code, stdout, stderr } = await swarm.cli(...verb.split(" "), "--json");
    expect({ verb, code, stderr }).toEqual({ verb, code: 0, stderr: "" });
    expect(() => JSON.parse(stdout), verb).not.toThrow();
  }
});

test("a tree that cannot be read: the run ends with what each drone said; what was published stays; mended, it goes on", async () => {
  const [tree, aside] = [join(swarm.directory, "tree"), join(swarm.directory, "aside")];
  const published = await json("snapshots");
  await rename(tree, aside);
  const gone = await swarm.cli("run-update");
  expect(gone.code).toBe(1);
  expect(gone.stdout).toMatch(/no drone could be verified\. izar: .*tree.*; tarn: /);

  await mkdir(tree);
  const empty = await swarm.cli("run-update");
  expect(empty.code).toBe(1);
  expect(empty.stdout).toMatch(/no drone could be verified\. izar: /);

  await rm(tree, { recursive: true });
  await rename(aside, tree);
  expect(await json("snapshots")).toEqual(published);
  const mended = await swarm.cli("run-update");
  expect(mended).toMatchObject({ code: 0, stdout: expect.stringContaining("published already") });
});

test("without an orchestrator each verb says so, status names the command that helps, and nothing refused is done later", async () => {
  await swarm.kill("orchestrator-1");
  await swarm.until("status sees it", async () => (await json("status")).orchestrators === 0, 40_000);
  expect(await json("status")).toMatchObject({ nextAction: { command: "swarm up" } });
  for (const args of [
    ["why", "fine"],
    ["pause", "--target", "desktop"],
    ["drone", "pause", "izar"],
  ]) {
    const { code, stdout, stderr } = await swarm.cli(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr, args.join(" ")).toMatch(
      /^swarm: no orchestrator (answers|is running)\. Start one: swarm up \(or swarm orchestrator\)$/,
    );
  }
  await swarm.up();
  // What was refused is not done behind the operator's back.
  const { orchestrators, fleet } = await json("status");
  expect(orchestrators).toBe(1);
  expect(fleet.drones).toEqual([
    expect.objectContaining({ paused: false }),
    expect.objectContaining({ paused: false }),
  ]);
});
