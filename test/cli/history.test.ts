import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { parseHistory } from "../../operations/historyFile.ts";
import { createBinhostServer } from "../../store/server.ts";
import type { PackageStore } from "../../store/store.ts";
import { DatabaseSync } from "../../system/sqlite.ts";
import { ALL, attemptAt, failureAt } from "../store/historySupport.ts";
import { newStore } from "../store/support.ts";
import { type TestSwarm, testSwarm } from "../support/command.ts";

/** `swarm history`, against a real binhost. */
let swarm: TestSwarm;
let store: PackageStore;
const TOKEN = "a-token-of-the-tests-0123456789";

beforeEach(async () => {
  swarm = await testSwarm();
  ({ store } = await newStore());
  onTestFinished(() => store.history.close());
  await writeFile(join(swarm.stateDir, "token"), TOKEN, { mode: 0o600 });
  const server = createBinhostServer(store, { token: TOKEN, name: "main" });
  await server.listen({ host: "127.0.0.1", port: swarm.binhostPort });
  onTestFinished(() => server.close());
});

function fill(): void {
  for (let at = 0; at < 4; at++) store.history.record(attemptAt(at));
  store.history.record(failureAt(4, { drone: "tarn" }));
  store.history.record(attemptAt(5, { cpv: "dev-libs/openssl-3.0.2", endedAt: 5 * 60_000 + 7_500_000 }));
}

describe("looking", () => {
  test("nothing yet: says so", async () => {
    expect((await swarm.run("history")).stdout).toContain("Nothing was built yet");
  });

  test("all: what costs most, and which drone fails how often", async () => {
    fill();
    const { stdout } = await swarm.run("history");
    expect(stdout).toMatch(/HISTORY: 6 attempts/);
    expect(stdout).toMatch(
      /^dev-libs\/openssl +1 +0 +2h 05m +2h 05m\napp-misc\/hello +5 +1 \(20 %\) +5m 00s +1m 00s$/m,
    );
    expect(stdout).toMatch(/^tarn +1 +1 \(100 %\) +1m 00s$/m);
  });

  test("a package: its attempts newest first, the phases of the last build, and how to see more", async () => {
    fill();
    const { stdout } = await swarm.run("history", "app-misc/hello", "--limit", "2");
    const lines = stdout.split("\n");
    expect(lines[1]).toMatch(
      /app-misc\/hello-1\.0 +desktop +tarn +-j4 +package +1m 00s +compile phase: thing undeclared$/,
    );
    expect(lines[2]).toMatch(
      /app-misc\/hello-1\.0 +desktop +izar +-j4 +built +1m 00s +2m 01s +381\.5 MiB +1\.4 GiB +19\.5 KiB$/,
    );
    expect(stdout).toContain("prepare 2.5s, unpack 1.5s, compile 40s, upload 0.3s");
    expect(stdout).toContain("2 of 5 attempts. More: --limit 5");
    const { total, attempts } = JSON.parse((await swarm.run("--json", "history", "openssl-3.0.2")).stdout);
    expect([total, attempts[0].cpv]).toEqual([1, "dev-libs/openssl-3.0.2"]);
  });

  test("what is not there: the nearest names; an unknown target and a limit that is none are usage errors", async () => {
    fill();
    const unknown = await swarm.run("history", "dev-libs/opnssl");
    expect([unknown.code, unknown.stdout]).toEqual([1, ""]);
    expect(unknown.stderr).toContain("Did you mean dev-libs/openssl?");
    const target = await swarm.run("history", "--target", "dekstop");
    expect([target.code, target.stderr]).toEqual([2, expect.stringContaining("did you mean 'desktop'?")]);
    expect((await swarm.run("history", "--limit", "0")).code).toBe(2);
  });

  test("a history of a newer version is refused by its name", async () => {
    const newer = new DatabaseSync(join(store.dir, "history.db"));
    newer.exec("PRAGMA user_version = 99");
    newer.close();
    const { code, stderr } = await swarm.run("history");
    expect(code).toBe(1);
    expect(stderr).toMatch(/version 99(.|\n)*Update this binhost/);
  });
});

describe("export and import", () => {
  test.each(["out.jsonl", "out.json"])("by the file %s: nothing is lost, and again nothing is added", async (name) => {
    fill();
    const file = join(swarm.directory, name);
    expect((await swarm.run("history", "export", file)).stdout).toContain("✓ 6 attempts in");
    const before = store.history.attempts(ALL);
    const text = await readFile(file, "utf8");
    expect(parseHistory(text, name)).toHaveLength(6);
    expect(text.split("\n")).toHaveLength(
      name.endsWith("l") ? 8 : JSON.stringify(JSON.parse(text), null, 2).split("\n").length + 1,
    );
    new DatabaseSync(join(store.dir, "history.db")).exec("DELETE FROM attempts");
    expect((await swarm.run("history", "import", file)).stdout).toContain("✓ 6 attempts added, 0 known already");
    expect(store.history.attempts(ALL)).toEqual(before);
    const again = JSON.parse((await swarm.run("--json", "history", "import", file)).stdout);
    expect(again).toEqual({ file, added: 0, known: 6 });
  });

  test("from stdout to stdin", async () => {
    fill();
    const { stdout } = await swarm.run("history", "export", "-");
    const main = join(import.meta.dirname, "../../cli/main.ts");
    const args = ["--config", swarm.config, "history", "import", "-"];
    const imported = await execa(process.execPath, [main, ...args], { input: `${stdout}\n` });
    expect(imported.stdout).toContain("0 attempts added, 6 known already");
  });

  test.each<[string, string, RegExp]>([
    ["a file of something else", '{"name":"x"}\n', /no export of a build history.*must begin with/],
    ["a newer format", '{"format":"build-swarm-history","version":7}\n', /format 7, which a newer build-swarm wrote/],
    ["an empty file", "", /no export/],
    [
      "attempts with mistakes, each told",
      `{"format":"build-swarm-history","version":1}\n${JSON.stringify(attemptAt(1))}\n{"run":\n${JSON.stringify({ ...attemptAt(2), cpv: "nonsense", jobs: -1 })}\n`,
      /bad:3: not JSON\n.*bad:4: cpv: not a package version; jobs: .*\n.*nothing was imported/,
    ],
  ])("%s is refused with the reason, and nothing is imported", async (_what, text, message) => {
    const file = join(swarm.directory, "bad");
    await writeFile(file, text);
    const { code, stderr } = await swarm.run("history", "import", file);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(store.history.attempts(ALL).total).toBe(0);
  });

  test("a file that is not there", async () => {
    const { code, stderr } = await swarm.run("history", "import", "nowhere.jsonl");
    expect([code, stderr]).toEqual([2, expect.stringContaining("cannot read the history nowhere.jsonl")]);
  });
});
