import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, inject, onTestFinished, test } from "vitest";
import { failed, hang, type NoopDroneOptions } from "../../bench/noop/drone.ts";
import { chain, pkg, resolved, wide } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import { EDGE, type Edge, type Plan, type PlanGraph, type PlanPackage } from "../../model/plan.ts";
import { buildLogPath } from "../../portage/buildLog.ts";
import { planGraph } from "../../portage/plan.ts";
import { planBytes } from "../../portage/planFile.ts";
import { estimate } from "../../scheduler/estimate.ts";
import { createBinhostServer } from "../../store/server.ts";
import { openStore } from "../../store/store.ts";
import { configFile, swarm as runSwarm, spawnSwarm, temporaryDirectory } from "../cli/command.ts";
import { bundleOf, stagePackage } from "../store/support.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { stageAll } from "../web/support.ts";

const TOKEN = "t".repeat(32);

/** A binhost with the target `desktop`, at a free port. */
async function binhost() {
  const store = await openStore(await temporaryDirectory(), { name: "main" });
  await store.putTarget("desktop", await store.putBlob(bundleOf("desktop")));
  const server = createBinhostServer(store, { token: TOKEN, name: "main" });
  onTestFinished(() => server.close());
  return { url: await server.listen({ host: "127.0.0.1", port: 0 }), store };
}

/** A swarm with no-op builds, and the command pointed at it. */
async function commandedSwarm(plan: PlanGraph, drones: NoopDroneOptions[] = [{ name: "izar" }, { name: "tarn" }]) {
  const swarm = await noopSwarm({ plan, drones });
  const directory = await temporaryDirectory();
  const { url, store } = await binhost();
  const file = await configFile(
    `[swarm]\nstate_dir = "${directory}"\n[binhost]\nurl = "${url}"\n` +
      `[[tree]]\nname = "demo"\nsync = "directory"\nuri = "${directory}"\n`,
  );
  await writeFile(`${directory}/token`, TOKEN);
  const env = {
    TEMPORAL_ADDRESS: inject("temporalAddress"),
    TEMPORAL_NAMESPACE: swarm.namespace,
    SWARM_CONFIG: file,
  };
  return {
    swarm,
    store,
    directory,
    command: (...args: string[]) => runSwarm(args, env),
    start: (...args: string[]) => spawnSwarm(args, env),
    json: async (...args: string[]) => JSON.parse((await runSwarm([...args, "--json"], env)).stdout),
  };
}

const broken: PlanGraph = {
  packages: [pkg("app-misc/broken-1"), pkg("app-misc/after-1", [0]), pkg("app-misc/fine-1")],
};

test("from run-update to finalize: the gate, its next action, the publish, the list of runs", async () => {
  const { command, json, store } = await commandedSwarm(chain(3));
  const update = await command("run-update");
  expect(update.exitCode).toBe(0);
  expect(update.stdout).toMatch(/✓ chain\/link2-1 \((izar|tarn), /);
  expect(update.stdout).toMatch(/═══ NEXT ACTION ═══\nAll builds complete!\n {2}→ Run: swarm finalize$/);

  const again = await command("run-update");
  expect(again).toMatchObject({ exitCode: 1, stdout: "" });
  expect(again.stderr).toMatch(/a run of desktop is in progress \(desktop-\d{8}-\d{4}\): swarm status/);

  const { run } = (await json("status")).run;
  await stageAll({ store }, run, chain(3));
  const finalize = await json("finalize");
  expect(finalize).toMatchObject({ packages: 3, snapshot: expect.stringContaining("desktop-") });
  const status = await json("status");
  expect(status).toMatchObject({
    run: { step: "done" },
    nextAction: { command: "swarm run-update" },
    orchestrators: 1,
  });
  expect(await json("runs")).toEqual([
    expect.objectContaining({ run: status.run.run, target: "desktop", step: "done", startedBy: "ann" }),
  ]);
  const events: { kind: string; text: string }[] = await json("events", "--run", status.run.run);
  expect(events.filter(({ kind }) => kind === "received").map(({ text }) => text.split(" ")[0])).toEqual([
    ...["chain/link0-1", "chain/link1-1", "chain/link2-1"],
  ]);
  expect((await command("events", "--kind", "operator")).stdout).toMatch(/^\S+ \S+ {2}@ ann gave finalize$/);
  const followed = await command("events", "--follow", "--kind", "run");
  expect(followed.stdout).toMatch(/■ \S+ of desktop was started by ann\n.*■ published as \S+-desktop-/);
  expect(await command("events", "--run", "desktop-0")).toMatchObject({
    exitCode: 1,
    stderr: "swarm: the engine knows no run desktop-0. Those it knows: swarm runs",
  });
  for (const verb of [["status"], ["pause"], ["runs"], ["events"], ["reset", "--yes"], ["logs", "link0"]]) {
    const { exitCode, stderr } = await command(...verb, "--target", "desktp");
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: "swarm: unknown target 'desktp', did you mean 'desktop'? known: desktop",
    });
  }
  const late = await command("finalize");
  expect(late).toMatchObject({
    exitCode: 1,
    stderr: "swarm: no run of desktop is in progress. Start one: swarm run-update",
  });
});

test("a broken package: finalize is refused with the reason, why tells the attempts, unblock and publish without it", async () => {
  const build: NoopDroneOptions["build"] = async ({ cpv }) => {
    if (cpv === "app-misc/broken-1") throw failed("package", "compile phase: no rule to make target");
  };
  const { swarm, command, json, store } = await commandedSwarm(broken, [
    { name: "izar", build },
    { name: "tarn", build },
  ]);
  const update = await command("run-update", "--auto-finalize");
  expect(update.exitCode).toBe(1);
  expect(update.stdout).toContain("→ Look: swarm logs app-misc/broken-1");

  const lost = await command("finalize", "--accept-failed");
  expect(lost).toMatchObject({ exitCode: 1, stdout: "" });
  expect(lost.stderr).toMatch(
    /^swarm: desktop-\S+ must not be published\. The run counts 1 package as received that the binhost does not have\.\nswarm: .*Reset/,
  );
  expect(swarm.binhost.published).toEqual([]);
  await stagePackage(store, (await json("status")).run.run, { cpv: "app-misc/fine-1" });
  const refused = await command("finalize");
  expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
  expect(refused.stderr).toContain("swarm finalize --accept-failed");
  expect(await json("why", "broken")).toMatchObject({
    state: "failed",
    attempts: [{ failure: { class: "package" } }, { failure: { class: "package" } }],
  });
  expect((await command("why", "after")).stdout).toContain("swarm why app-misc/broken-1");
  expect((await command("why", "brokn")).stderr).toContain("Did you mean broken?");
  expect((await command("logs", "after")).stderr).toContain("was never started");
  expect((await command("unblock", "fine")).stderr).toContain(
    "fine is not among the failed packages: app-misc/broken-1",
  );
  expect(await json("unblock")).toEqual({ unblocked: ["app-misc/broken-1"] });
  await until("the gate again", async () => (await json("status")).run.step === "gate");
  expect(await json("finalize", "--accept-failed")).toMatchObject({ packages: 1 });
});

test("a world that does not resolve: exit code 1, Portage's own words, and the way on", async () => {
  const text = 'emerge: there are no ebuilds to satisfy "app-misc/gone".';
  const resolve = () => resolved({ packages: [] }, [{ atoms: ["app-misc/gone"], class: "missing", text }]);
  const { command } = await commandedSwarm({ packages: [] }, [{ name: "izar", resolve }]);
  const { exitCode, stdout } = await command("run-update");
  expect(exitCode).toBe(1);
  expect(stdout).toContain(text);
  expect(stdout).toContain("swarm run-update --skip-unresolvable");
});

test("Ctrl-C leaves and says how to come back; the run goes on; pause, resume and their refusals; reset ends it all", async () => {
  const { swarm, command, start, json } = await commandedSwarm(wide(2), [{ name: "izar", slots: 2, build: hang }]);
  const following = start("run-update");
  await until("both build", async () => (await swarm.view().catch(() => null))?.counts.delegated === 2);
  following.kill("SIGINT");
  const left = await following;
  expect(left.exitCode).toBe(0);
  expect(left.stdout).toMatch(/Detached from desktop-.*\n {2}→ Look: swarm status$/);
  expect((await json("status")).run.step).toBe("build");

  expect(await command("pause", "--reason", "disk")).toMatchObject({ exitCode: 0 });
  expect((await command("pause")).stderr).toContain("paused already by ann");
  expect((await command("status")).stdout).toContain(
    "paused by ann, with 2 packages left: disk\n  → Run: swarm resume",
  );
  expect(await command("resume")).toMatchObject({ exitCode: 0 });
  expect((await command("finalize")).stderr).toContain("too early");
  expect((await json("verify")).risk).toBe("do not");

  const strange = await command("prioritize", "part1", "prat0", "wide/prt1");
  expect(strange).toMatchObject({ exitCode: 1, stdout: "" });
  expect(strange.stderr).toMatch(
    /prat0 is not among .*Did you mean part0\?\n.*wide\/prt1 .*Did you mean wide\/part1\?/s,
  );
  expect(await command("prioritize", "--clear", "part1")).toMatchObject({ exitCode: 2 });
  expect(await json("prioritize", "part1", "wide/part1")).toEqual({ prioritized: ["wide/part1-1"] });
  expect((await command("status")).stdout).toContain("  First: wide/part1-1, with all that they need\n");
  expect((await command("prioritize", "--clear")).stdout).toMatch(/^✓ Nothing goes first any more/);

  const reset = await json("reset", "--yes");
  expect(reset).toMatchObject({
    target: "desktop",
    cancelled: expect.stringContaining("desktop-"),
    terminated: false,
  });
  expect((await json("status")).run.step).toBe("cancelled");
});

test("fresh says each step with a ✓", async () => {
  const { command } = await commandedSwarm(chain(2));
  const { exitCode, stdout } = await command("fresh");
  expect(exitCode).toBe(0);
  const steps = stdout.split("\n").filter((line) => /^✓/.test(line));
  expect(steps).toEqual([
    "✓ no run is in progress",
    "✓ staging is clear",
    expect.stringMatching(/^✓ desktop-\d{8}-\d{4} has started$/),
    "✓ synced",
    "✓ verified: 2 drones with the same tree",
    "✓ discovered: 2 packages to build",
  ]);
});

test("sync-verify tells the drone whose tree is another, and fails", async () => {
  const tree = (name: string) => () => (name === "tarn" ? "git:ffff" : "git:0000");
  const drones = ["ceti", "izar", "tarn"].map((name) => ({ name, tree: tree(name) }));
  const { command } = await commandedSwarm(chain(1), drones);
  const { exitCode, stdout } = await command("sync-verify");
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^✓ {2}izar /m);
  expect(stdout).toMatch(/^✗ {2}tarn .*STALE/m);
});

test("drones are paused, resumed and shown; a name that is none is answered with the known ones", async () => {
  const { command, json } = await commandedSwarm(chain(1));
  expect(await command("drone", "pause", "izar")).toMatchObject({ exitCode: 0 });
  expect((await command("drones")).stdout).toMatch(/^izar .*‖ paused/m);
  expect(await command("drone", "resume", "izar")).toMatchObject({ exitCode: 0 });
  expect((await json("drones")).drones.map(({ paused }: { paused: boolean }) => paused)).toEqual([false, false]);
  expect((await command("drone", "pause", "nobody")).stderr).toContain("known: izar, tarn");
  expect((await command("drone", "forget", "izar")).stderr).toContain("is online: stop it first");
});

test("an unknown target is refused before anything starts, with the known names", async () => {
  const { command, json } = await commandedSwarm(chain(1));
  const { exitCode, stderr } = await command("run-update", "--target", "destop");
  expect(exitCode).toBe(2);
  expect(stderr).toContain("did you mean 'desktop'?");
  expect(await json("runs")).toEqual([]);
});

test("a dry run builds nothing and shows the plan by waves", async () => {
  const { swarm, store, command } = await commandedSwarm(chain(0), []);
  const plan: Plan = {
    ...NO_PLAN,
    packages: [planned("dev-libs/base-1", []), planned("app-misc/top-1", [[0, EDGE.BUILD]])],
  };
  const blob = await store.putBlob(planBytes(plan));
  await swarm.addDrone({
    name: "izar",
    resolve: () => ({ ...resolved(planGraph(plan, (p) => estimate({ ...p, target: "desktop" }))), plan: blob }),
  });
  const { exitCode, stdout } = await command("run-update", "--dry-run");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /Wave 1: 1 package\n.*\n {2}dev-libs\/base-1 .* not in the snapshot\n.*Wave 2: 1 package\n.*\n {2}app-misc\/top-1 /,
  );
  expect(stdout).toMatch(/^On 1 verified drone with \d+ cores: about /m);
  expect(stdout).toMatch(/^Critical path: 2 builds.*\n.*\n {2}dev-libs\/base-1 +izar .*\n {2}app-misc\/top-1 +izar /m);
  expect(swarm.binhost.accepted).toEqual([]);
});

test("a log is followed as it grows, to the end of its attempt", async () => {
  const written = Promise.withResolvers<void>();
  const build: NoopDroneOptions["build"] = () => written.promise;
  const { swarm, directory, start, command } = await commandedSwarm(wide(1), [{ name: "izar", build }]);
  const run = JSON.parse((await command("run-update", "--detach", "--json")).stdout).run;
  const file = buildLogPath(join(directory, "drones/izar"), run, "wide/part0-1", 1);
  await until("the build", async () => (await swarm.view()).counts.delegated === 1);
  const following = start("logs", "-f", "part0");
  let text = "";
  following.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, "configure\n");
  await until("the first line", async () => text === "configure\n");
  await appendFile(file, "compile\n");
  await until("the second line", async () => text === "configure\ncompile\n");
  written.resolve();
  const { exitCode, stdout } = await following;
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "configure\ncompile" });
  expect((await command("logs", "part0")).stdout).toBe("configure\ncompile");
});

const NO_PLAN: Plan = {
  target: "desktop",
  tree: "git:0",
  bundle: "c".repeat(64),
  snapshot: null,
  packages: [],
  unresolvable: [],
  notices: [],
};

function planned(cpv: string, edges: Edge[]): PlanPackage {
  return {
    cpv,
    slot: "0",
    subslot: "0",
    repository: "demo",
    use: [],
    iuse: [],
    chost: "x86_64-pc-linux-gnu",
    settings: {},
    buildId: 1,
    needed: { kind: "new", text: "not in the snapshot" },
    artifact: null,
    sourceBytes: 0,
    restrict: [],
    edges,
  };
}
