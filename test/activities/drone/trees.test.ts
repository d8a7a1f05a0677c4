import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, rmSync, watch } from "node:fs";
import { chmod, cp, mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { copyTree } from "../../../activities/drone/trees/copyTree.ts";
import { TreeStore } from "../../../activities/drone/trees/treeStore.ts";
import type { TreeSource } from "../../../model/target.ts";
import { testDirectory } from "../../support/portage.ts";

const signal = new AbortController().signal;
const has = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;

async function sampleTree(directory: string): Promise<string> {
  const tree = join(directory, "source");
  await mkdir(join(tree, "profiles"), { recursive: true });
  await mkdir(join(tree, "app-misc/a"), { recursive: true });
  await writeFile(join(tree, "profiles/repo_name"), "demo\n");
  await writeFile(join(tree, "app-misc/a/a-1.0.ebuild"), "EAPI=8\n");
  await symlink("a-1.0.ebuild", join(tree, "app-misc/a/a-1.1.ebuild"));
  return tree;
}

const git = (tree: string, ...args: string[]): string =>
  execFileSync("git", ["-C", tree, "-c", "user.name=t", "-c", "user.email=t@example.invalid", ...args], {
    stdio: "pipe",
  })
    .toString()
    .trim();

function committed(tree: string): string {
  git(tree, "init", "--quiet");
  git(tree, "add", "--all");
  git(tree, "commit", "--quiet", "-m", "change");
  return git(tree, "rev-parse", "HEAD");
}

const request = (source: TreeSource, more: { fetch?: boolean; pin?: string } = {}) => ({
  ...{ trees: [source], fetch: more.fetch ?? true, pin: more.pin ?? null, signal },
});
const ebuildOf = (locations: Record<string, string>): Promise<string> =>
  readFile(join(locations.demo ?? "", "app-misc/a/a-1.0.ebuild"), "utf8");

describe("git", () => {
  test("the identity is the commit; an older one stays usable and can be pinned", async () => {
    const directory = await testDirectory();
    const tree = await sampleTree(directory);
    const first = committed(tree);
    const source: TreeSource = { name: "demo", sync: "git", uri: tree };
    const store = new TreeStore(join(directory, "trees"));
    const one = await store.sync(request(source));
    expect(one.identity).toBe(`git:${first}`);
    expect(Date.parse(one.time)).toBeGreaterThan(0);

    await writeFile(join(tree, "app-misc/a/a-1.0.ebuild"), "EAPI=8\n# changed\n");
    const second = committed(tree);
    expect((await store.sync(request(source, { fetch: false }))).identity).toBe(`git:${first}`);
    const two = await store.sync(request(source));
    expect(two.identity).toBe(`git:${second}`);
    expect([await ebuildOf(one.locations), await ebuildOf(two.locations)]).toEqual(["EAPI=8\n", "EAPI=8\n# changed\n"]);
    expect(await store.find(`git:${first}`)).toEqual(one);

    const late = new TreeStore(join(directory, "late"));
    const pinned = await late.sync(request(source, { pin: one.identity }));
    expect([pinned.identity, await ebuildOf(pinned.locations)]).toEqual([one.identity, "EAPI=8\n"]);

    const other = new TreeStore(join(directory, "other"));
    await other.sync(request(source));
    const joined = await other.sync(request(source, { fetch: false, pin: one.identity }));
    expect(joined.identity).toBe(one.identity);
  });

  test("what cannot be fetched is named", async () => {
    const directory = await testDirectory();
    const source: TreeSource = { name: "demo", sync: "git", uri: join(directory, "nowhere") };
    await expect(new TreeStore(join(directory, "trees")).sync(request(source))).rejects.toThrow(
      /tree "demo".*nowhere/s,
    );
  });
});

describe("directory", () => {
  test("two drones with copies of one tree give it one identity, whatever its times", async () => {
    const directory = await testDirectory();
    const tree = await sampleTree(directory);
    const other = join(directory, "other");
    await cp(tree, other, { recursive: true, verbatimSymlinks: true });
    await utimes(join(other, "profiles/repo_name"), 1, 1);
    const identities = [tree, other].map(async (uri) => {
      const store = new TreeStore(`${uri}-trees`);
      return (await store.sync(request({ name: "demo", sync: "directory", uri }))).identity;
    });
    const [a, b] = await Promise.all(identities);
    expect(a).toMatch(/^unstamped:[0-9a-f]{64}$/);
    expect(b).toBe(a);
  });

  test("a timestamp of its own is part of the identity; two identities are kept", async () => {
    const directory = await testDirectory();
    const uri = await sampleTree(directory);
    await mkdir(join(uri, "metadata"));
    await writeFile(join(uri, "metadata/timestamp.chk"), "Sat, 21 Nov 2026 01:02:03 +0000\n");
    const store = new TreeStore(join(directory, "trees"));
    const source: TreeSource = { name: "demo", sync: "directory", uri };
    const identities: string[] = [];
    for (const text of ["one", "two", "three"]) {
      await writeFile(join(uri, "app-misc/a/a-1.0.ebuild"), text);
      identities.push((await store.sync(request(source))).identity);
    }
    expect(identities.every((it) => /^2026-11-21T01:02:03Z:[0-9a-f]{64}$/.test(it))).toBe(true);
    expect(new Set(identities).size).toBe(3);
    expect(await store.find(identities[0] ?? "")).toBeNull();
    expect(await store.find(identities[1] ?? "")).not.toBeNull();
    const left = (await readdir(join(directory, "trees/demo"))).filter((name) => !name.endsWith(".json"));
    expect(left.filter((name) => name !== "mirror")).toHaveLength(2);
  });

  test("a tree that does not stop changing is refused, and leaves nothing", async () => {
    const directory = await testDirectory();
    const uri = await sampleTree(directory);
    // Enough to copy that the change below falls between the two looks at the tree, however busy the machine is.
    await Promise.all(Array.from({ length: 150 }, (_, n) => writeFile(join(uri, "profiles", `file-${n}`), String(n))));
    const changer = watch(directory, (_, name) => {
      if (name === "copy") appendFileSync(join(uri, "app-misc/a/a-1.0.ebuild"), "# more\n");
    });
    await expect(copyTree(uri, join(directory, "copy"), signal)).rejects.toThrow(/changed each of the 5 times/);
    changer.close();
    expect(existsSync(join(directory, "copy"))).toBe(false);
    await copyTree(uri, join(directory, "copy"), signal);
  });

  test("a file that goes while the tree is copied is a change: it is copied again", async () => {
    const directory = await testDirectory();
    const uri = await sampleTree(directory);
    await Promise.all(Array.from({ length: 150 }, (_, n) => writeFile(join(uri, "profiles", `file-${n}`), String(n))));
    const remover = watch(directory, (_, name) => {
      if (name === "copy") rmSync(join(uri, "profiles/file-149"), { force: true });
    });
    await copyTree(uri, join(directory, "copy"), signal);
    remover.close();
    expect(existsSync(join(directory, "copy/profiles/file-148"))).toBe(true);
    expect(existsSync(join(directory, "copy/profiles/file-149"))).toBe(false);
  });

  test("what is not there, or is no file, is named", async () => {
    const directory = await testDirectory();
    const store = new TreeStore(join(directory, "trees"));
    const missing = store.sync(request({ name: "demo", sync: "directory", uri: join(directory, "nowhere") }));
    await expect(missing).rejects.toThrow(/tree "demo".*nowhere cannot be read/s);
    const uri = await sampleTree(directory);
    execFileSync("mkfifo", [join(uri, "app-misc/pipe")]);
    await expect(store.sync(request({ name: "demo", sync: "directory", uri }))).rejects.toThrow(
      /app-misc\/pipe is neither/,
    );
  });

  test.skipIf(process.getuid?.() === 0)(
    "an unreadable file is named (skipped for root, who reads everything)",
    async () => {
      const directory = await testDirectory();
      const uri = await sampleTree(directory);
      await chmod(join(uri, "profiles/repo_name"), 0);
      const store = new TreeStore(join(directory, "trees"));
      await expect(store.sync(request({ name: "demo", sync: "directory", uri }))).rejects.toThrow(
        /repo_name cannot be read/,
      );
    },
  );
});

test("several trees make one identity, which is found again", async () => {
  const directory = await testDirectory();
  const uri = await sampleTree(directory);
  const commit = committed(uri);
  const trees: TreeSource[] = [
    { name: "overlay", sync: "directory", uri },
    { name: "demo", sync: "git", uri },
  ];
  const store = new TreeStore(join(directory, "trees"));
  const set = await store.sync({ trees, fetch: true, pin: null, signal });
  expect(set.identity).toMatch(new RegExp(`^demo=git:${commit} overlay=unstamped:[0-9a-f]{64}$`));
  expect(await new TreeStore(join(directory, "trees")).find(set.identity)).toEqual(set);
  expect(Object.keys(set.locations).sort()).toEqual(["demo", "overlay"]);
});

describe("rsync", () => {
  test.skipIf(has("rsync"))("is named as missing where it is not installed (skipped where it is)", async () => {
    const directory = await testDirectory();
    const source: TreeSource = { name: "demo", sync: "rsync", uri: "rsync://127.0.0.1/demo" };
    const synced = new TreeStore(join(directory, "trees")).sync(request(source));
    await expect(synced).rejects.toThrow(/rsync is not installed on this machine: .*install rsync/);
  });

  test.skipIf(!has("rsync"))(
    "mirrors a daemon's tree (skipped where rsync is not installed)",
    async ({ onTestFinished }) => {
      const directory = await testDirectory();
      const path = await sampleTree(directory);
      const port = await freePort();
      const conf = join(directory, "rsyncd.conf");
      await writeFile(
        conf,
        `use chroot = no\nuid = ${process.getuid?.()}\ngid = ${process.getgid?.()}\n[demo]\npath = ${path}\nread only = yes\n`,
      );
      // With a socket for its stdin it would take itself for started by inetd.
      const daemon = spawn(
        "rsync",
        ["--daemon", "--no-detach", `--port=${port}`, "--address=127.0.0.1", `--config=${conf}`],
        { stdio: "ignore" },
      );
      await once(daemon, "spawn");
      onTestFinished(() => void daemon.kill());
      const store = new TreeStore(join(directory, "trees"));
      const source: TreeSource = { name: "demo", sync: "rsync", uri: `rsync://127.0.0.1:${port}/demo` };
      const synced = await vi.waitFor(() => store.sync(request(source)), { timeout: 10_000, interval: 100 });
      expect(await ebuildOf(synced.locations)).toBe("EAPI=8\n");
      expect(synced.identity).toMatch(/^unstamped:/);
      await rm(join(path, "app-misc/a/a-1.1.ebuild"));
      const next = await store.sync(request(source));
      expect(await readdir(join(next.locations.demo ?? "", "app-misc/a"))).toEqual(["a-1.0.ebuild"]);
      expect(await readdir(join(synced.locations.demo ?? "", "app-misc/a"))).toHaveLength(2);
    },
  );
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}
