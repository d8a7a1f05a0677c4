import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test, vi } from "vitest";
import { LONG, type Swarm, startSwarm } from "../support/swarm.ts";

vi.setConfig(LONG);

test("a drone whose mirror of the tree is behind is STALE and left out; the run goes on, the next one has it again", async () => {
  await using swarm = await startSwarm({
    drones: { izar: { cores: 4, slots: 1 }, tarn: { cores: 16, slots: 2 } },
    packages: [{ cpv: "app-misc/one-1" }],
    world: ["app-misc/one", "app-misc/two"],
    change: (toml) => toml.replace('sync = "directory"', 'sync = "git"'),
  });
  const [tree, mirror] = [join(swarm.directory, "tree"), join(swarm.directory, "mirror")];
  await git(tree, "init", "--quiet");
  await commit(tree);
  await git(swarm.directory, "clone", "--quiet", tree, mirror);
  await swarm.putTree([{ cpv: "app-misc/one-1" }, { cpv: "app-misc/two-1" }], { keep: true });
  await commit(tree);

  // One drone's git asks a mirror that is behind.
  const gitconfig = join(swarm.directory, "gitconfig");
  await writeFile(gitconfig, `[url "${mirror}"]\n\tinsteadOf = "${tree}"\n`);
  await swarm.kill("drone-tarn");
  await swarm.up({ GIT_CONFIG_GLOBAL: gitconfig });

  const verified = await swarm.cli("sync-verify");
  expect(verified.code).toBe(1);
  expect(verified.stdout).toMatch(/✓ +izar/);
  expect(verified.stdout).toMatch(/✗ +tarn .*STALE +tree git:[0-9a-f]{40} instead of git:[0-9a-f]{40}/);

  await swarm.startRun();
  const { counts, drones } = await swarm.reaches("gate");
  expect(counts).toMatchObject({ received: 2, failed: 0 });
  expect(await dronesUsed(swarm)).toEqual(["izar", "izar"]);
  expect(drones.find(({ name }) => name === "tarn")).toMatchObject({ state: "stale" });
  expect(await swarm.do("status")).toMatch(/tarn .*STALE/);
  await swarm.do("finalize");

  await git(mirror, "pull", "--quiet");
  await swarm.putTree([{ cpv: "app-misc/one-2" }, { cpv: "app-misc/two-2" }], { keep: true });
  await commit(tree);
  await git(mirror, "pull", "--quiet");
  await swarm.startRun();
  const second = await swarm.reaches("gate");
  expect(second.drones.map(({ state }) => state)).toEqual(["verified", "verified"]);
  expect(await dronesUsed(swarm)).toContain("tarn");
});

async function dronesUsed(swarm: Swarm): Promise<string[]> {
  return (await swarm.packages()).flatMap(({ attempts }) => attempts.map(({ drone }) => drone));
}

async function git(directory: string, ...args: string[]): Promise<void> {
  await execa("git", ["-C", directory, "-c", "user.name=test", "-c", "user.email=test@invalid", ...args]);
}

async function commit(tree: string): Promise<void> {
  await git(tree, "add", "--all");
  await git(tree, "commit", "--quiet", "--message", "the tree moves on");
}
