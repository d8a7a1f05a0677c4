import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createBinhostServer } from "../../store/server.ts";
import type { PackageStore } from "../../store/store.ts";
import { newStore, stagePackage, TARGET } from "../store/support.ts";
import { type TestSwarm, testSwarm } from "../support/command.ts";

/** The verbs snapshots and target, against a real binhost. */
let swarm: TestSwarm;
let store: PackageStore;
let bundle: string;
const TOKEN = "a-token-of-the-tests-0123456789";

beforeEach(async () => {
  swarm = await testSwarm();
  ({ store, bundle } = await newStore());
  await writeFile(join(swarm.stateDir, "token"), TOKEN, { mode: 0o600 });
  const server = createBinhostServer(store, { token: TOKEN, name: "main" });
  await server.listen({ host: "127.0.0.1", port: swarm.binhostPort });
  onTestFinished(() => server.close());
});

async function publish(run: string, ...cpvs: string[]): Promise<string> {
  for (const cpv of cpvs) await stagePackage(store, run, { cpv });
  const createdAt = new Date().toISOString();
  const { id } = await store.publish({ target: TARGET, run, tree: "git:abc", bundle, createdAt });
  return id;
}

const current = async (): Promise<string | null> => (await store.target(TARGET)).current;

describe("snapshots", () => {
  test("nothing published yet: list says so, the others say how to begin", async () => {
    expect((await swarm.run("snapshots")).stdout).toContain("no snapshot yet");
    const { code, stderr } = await swarm.run("snapshots", "rollback");
    expect(code).toBe(1);
    expect(stderr).toContain("swarm run-update");
  });

  test("list, diff of the last publish, rollback and forward again by what it says", async () => {
    const first = await publish("desktop-1", "app-misc/hello-1.0", "dev-libs/libalpha-1.0");
    const second = await publish("desktop-2", "app-misc/hello-1.1", "app-misc/calc-1.0");
    const list = await swarm.run("snapshots");
    expect(list.stdout.split("\n").slice(1)).toMatchObject([
      expect.stringMatching(new RegExp(`^● +${second} `)),
      expect.stringMatching(new RegExp(`^ +${first} `)),
    ]);
    const diff = await swarm.run("snapshots", "diff");
    expect(diff.stdout).toContain(`${first} → ${second}`);
    expect(diff.stdout).toContain("↑ app-misc/hello  1.0 → 1.1");
    expect(diff.stdout).toContain("+ app-misc/calc-1.0");
    const reverse = JSON.parse((await swarm.run("--json", "snapshots", "diff", second, first)).stdout);
    expect(reverse.removed).toEqual(["app-misc/calc-1.0"]);

    const back = await swarm.run("snapshots", "rollback");
    expect(await current()).toBe(first);
    const forward = /Forward again: swarm (.+)$/m.exec(back.stdout)?.[1]?.split(" ") ?? [];
    expect(forward).toEqual(["snapshots", "rollback", "--target", TARGET, second]);
    expect((await swarm.run(...forward)).code).toBe(0);
    expect(await current()).toBe(second);
  });

  test("show lists the packages of one; an unknown id is a usage error", async () => {
    const id = await publish("desktop-1", "app-misc/hello-1.0");
    expect((await swarm.run("snapshots", "show")).stdout).toMatch(/^app-misc\/hello-1\.0 +1 +0 /m);
    const shown = JSON.parse((await swarm.run("--json", "snapshots", "show", id)).stdout);
    expect(shown.packages).toHaveLength(1);
    const wrong = await swarm.run("snapshots", "show", `${id}0`);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(`did you mean '${id}'?`);
  });

  test("prune keeps what it is told, and refuses what is no number", async () => {
    const ids = [];
    for (const run of ["desktop-1", "desktop-2", "desktop-3"])
      ids.push(await publish(run, `app-misc/hello-${ids.length}`));
    const wrong = await swarm.run("snapshots", "prune", "--keep", "few");
    expect([wrong.code, (await store.snapshots(TARGET)).length]).toEqual([2, 3]);
    const { stdout } = await swarm.run("snapshots", "prune", "--keep", "1");
    expect(stdout.split("\n").sort()).toEqual(ids.slice(0, 2).map((id) => `removed ${id}`));
    expect((await store.snapshots(TARGET)).map(({ id }) => id)).toEqual(ids.slice(2));
  });

  test("a wrong token changes nothing and is named", async () => {
    await publish("desktop-1", "app-misc/hello-1.0");
    const second = await publish("desktop-2", "app-misc/hello-1.1");
    await writeFile(join(swarm.stateDir, "token"), "another-token-0123456789");
    const { code, stderr } = await swarm.run("snapshots", "rollback");
    expect(code).toBe(1);
    expect(stderr).toContain("token");
    expect(await current()).toBe(second);
  });
});

describe("target", () => {
  async function targetDirectory(files: Record<string, string>): Promise<string> {
    const directory = join(swarm.directory, "laptop");
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(directory, path, ".."), { recursive: true });
      await writeFile(join(directory, path), text);
    }
    return directory;
  }
  const GOOD = { "portage/make.conf": 'CFLAGS="-O2"\n', profile: "demo:demo/amd64\n", world: "app-misc/hello\n" };

  test("put makes a target of a directory under its name; show and list tell it", async () => {
    const directory = await targetDirectory(GOOD);
    expect((await swarm.run("target", "put", directory)).stdout).toContain("✓ laptop (new): 1 atom in its world");
    expect((await swarm.run("target", "put", directory)).stdout).toContain("(unchanged)");
    const shown = await swarm.run("target", "show", "laptop");
    expect(shown.stdout).toContain('CFLAGS="-O2"');
    expect(shown.stdout).toContain("Profile:       demo:demo/amd64");
    const list = JSON.parse((await swarm.run("--json", "target", "list")).stdout);
    expect(list.map(({ name }: { name: string }) => name).sort()).toEqual([TARGET, "laptop"]);
  });

  test("a directory with mistakes: all of them, and nothing is put", async () => {
    const directory = await targetDirectory({ ...GOOD, world: "app-misc/hello\n!!!\n", profile: "nonsense\n" });
    const { code, stderr } = await swarm.run("target", "put", directory);
    expect(code).toBe(2);
    expect(stderr).toMatch(/world:2/);
    expect(stderr).toContain("profile");
    expect((await store.targets()).map(({ name }) => name)).toEqual([TARGET]);
  });

  test("an unknown target is a usage error with the nearest name", async () => {
    const { code, stderr } = await swarm.run("target", "show", "dekstop");
    expect(code).toBe(2);
    expect(stderr).toContain("did you mean 'desktop'?");
  });
});
