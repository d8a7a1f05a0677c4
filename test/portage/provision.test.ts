import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { zstdCompressSync } from "node:zlib";
import { execa } from "execa";
import { type Header, pack } from "tar-stream";
import { describe, expect, test } from "vitest";
import { packageRoot } from "../../system/packageRoot.ts";
import { testDirectory, testPortage } from "../support/portage.ts";

const PROGRAM = join(packageRoot(), "portage/python/provision.py");
const BUILT_IN = "/somewhere/else/entirely/root-1";

type Entry = Partial<Header> & { name: string } & { text?: string };

async function tar(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { text, ...header } of entries) {
    if (text === undefined) archive.entry(header);
    else archive.entry(header, text);
  }
  archive.finalize();
  return await buffer(archive);
}

/** A package whose image has these entries below `prefix`. */
async function gpkg(pf: string, entries: readonly Entry[], prefix = BUILT_IN): Promise<Buffer> {
  const metadata = Object.entries({
    CATEGORY: "app-misc",
    PF: pf,
    SLOT: "0",
    EPREFIX: prefix,
    DEFINED_PHASES: "compile",
  });
  const parts = {
    "gpkg-1": Buffer.alloc(0),
    "metadata.tar.zst": zstdCompressSync(
      await tar(metadata.map(([name, text]) => ({ name: `metadata/${name}`, text }))),
    ),
    "image.tar.zst": zstdCompressSync(await tar(entries.map((it) => ({ ...it, name: `image${it.name}` })))),
  };
  const archive = pack();
  for (const [name, data] of Object.entries(parts)) archive.entry({ name: `${pf}-1/${name}` }, data);
  archive.finalize();
  return await buffer(archive);
}

interface Provisioned {
  root: string;
  exitCode: number | undefined;
  output: string;
}

/** Provisions a root whose path is as long as `BUILT_IN` with packages of these images. */
async function provision(
  images: Record<string, readonly Entry[]>,
  { prefix = BUILT_IN, damage = false } = {},
): Promise<Provisioned> {
  const directory = await testDirectory();
  // As long as the prefix that the packages were built in, whatever the length of the temporary directory.
  const root = join(directory, "r".repeat(20));
  const built = prefix === BUILT_IN ? `/${"b".repeat(root.length - 1)}` : prefix;
  await mkdir(join(root, "var/cache/edb"), { recursive: true });
  await mkdir(join(root, "var/db/pkg"), { recursive: true });
  const packages = await Promise.all(
    Object.entries(images).map(async ([pf, entries]) => {
      const moved = entries.map((it) => ({
        ...it,
        name: it.name.replace(BUILT_IN, built),
        ...(it.linkname ? { linkname: it.linkname.replace(BUILT_IN, built) } : {}),
        ...(it.text === undefined ? {} : { text: it.text.replaceAll(BUILT_IN, built) }),
      }));
      const bytes = await gpkg(pf, moved, built);
      const file = join(directory, `${pf}-1.gpkg.tar`);
      await writeFile(file, damage ? Buffer.concat([bytes, Buffer.alloc(512)]) : bytes);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      return { cpv: `app-misc/${pf}`, file, sha256, place: `app-misc/${pf}/${pf}-1.gpkg.tar` };
    }),
  );
  const job = join(directory, "job.json");
  const report = join(directory, "report.json");
  await writeFile(
    job,
    JSON.stringify({ root, packages, emerge: "/bin/false", report, command: ["/bin/echo", "the command"] }),
  );
  const { python } = await testPortage();
  const { exitCode, all } = await execa(python, [PROGRAM, job], { all: true, reject: false });
  return { root, exitCode, output: all };
}

const dir = (path: string): Entry => ({ name: `${BUILT_IN}${path}`, type: "directory" });
const file = (path: string, text: string, more: Partial<Header> = {}): Entry => ({
  name: `${BUILT_IN}${path}`,
  text,
  ...more,
});

describe("a package without phases of its own", () => {
  test("is unpacked with its prefix replaced and entered as installed; then the command runs", async () => {
    const { root, exitCode, output } = await provision({
      "a-1.0": [
        dir("/usr"),
        file("/usr/script", `#!${BUILT_IN}/bin/sh\n`, { mode: 0o4755, mtime: new Date(1_700_000_000_000) }),
        { name: `${BUILT_IN}/usr/link`, type: "symlink", linkname: `${BUILT_IN}/usr/script` },
        { name: `${BUILT_IN}/usr/twin`, type: "link", linkname: `image${BUILT_IN}/usr/script` },
      ],
    });
    expect([exitCode, output]).toEqual([0, expect.stringContaining("the command")]);
    const script = join(root, "usr/script");
    expect(await readFile(script, "utf8")).toBe(`#!${root}/bin/sh\n`);
    expect(await readlink(join(root, "usr/link"))).toBe(script);
    const info = await stat(script);
    expect([info.mode & 0o7777, info.mtimeMs, info.nlink]).toEqual([0o4755, 1_700_000_000_000, 2]);

    const entry = join(root, "var/db/pkg/app-misc/a-1.0");
    const md5 = createHash("md5").update(`#!${root}/bin/sh\n`).digest("hex");
    expect((await readFile(join(entry, "CONTENTS"), "utf8")).split("\n").slice(0, 2)).toEqual([
      `dir ${root}/usr`,
      `obj ${script} ${md5} 1700000000`,
    ]);
    expect(await readFile(join(entry, "EPREFIX"), "utf8")).toBe(`${root}\n`);
    expect(await readFile(join(entry, "COUNTER"), "utf8")).toBe("1");
  });

  test("is installed beside nine others in well under a second", async () => {
    const names = Array.from({ length: 10 }, (_, index) => `p${index}-1.0`);
    const started = performance.now();
    const { root, exitCode } = await provision(
      Object.fromEntries(names.map((pf) => [pf, [dir("/usr"), file(`/usr/${pf}`, "x".repeat(10_000))]])),
    );
    expect(exitCode).toBe(0);
    expect((await readdir(join(root, "var/db/pkg/app-misc"))).sort()).toEqual(names);
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});

describe("a package that cannot be trusted", () => {
  test.each([
    ["leaves its prefix", [{ name: "/etc/passwd", text: "root" }], "lies outside the prefix"],
    ["climbs out", [file("/../../etc/passwd", "root")], "lies outside the prefix"],
    [
      "goes out by a link of its own",
      [{ name: `${BUILT_IN}/out`, type: "symlink", linkname: "/tmp" } as Entry, file("/out/evil", "evil")],
      "leads out of the root",
    ],
    [
      "makes a directory by a link of its own",
      [
        { name: `${BUILT_IN}/out`, type: "symlink", linkname: "/tmp" } as Entry,
        file("/out/swarm-test-evil/evil", "evil"),
      ],
      "leads out of the root",
    ],
    [
      "takes a link of its own for a directory",
      [{ name: `${BUILT_IN}/out`, type: "symlink", linkname: "/var/empty" } as Entry, dir("/out")],
      "leads out of the root",
    ],
    [
      "has a device",
      [{ name: `${BUILT_IN}/dev`, type: "character-device", devmajor: 1, devminor: 3 } as Entry],
      "a device file",
    ],
  ])("%s", async (_, entries, reason) => {
    const { exitCode, output } = await provision({ "evil-1.0": entries });
    expect(exitCode).toBe(70);
    expect(output).toContain(`!!! provision: app-misc/evil-1.0: `);
    expect(output).toContain(reason);
    expect(output).not.toContain("the command");
    expect(existsSync("/tmp/swarm-test-evil")).toBe(false);
  });

  test("was built in a longer or shorter prefix", async () => {
    for (const prefix of ["/short", `/${"long".repeat(60)}`]) {
      const { exitCode, output } = await provision({ "a-1.0": [] }, { prefix });
      expect([exitCode, output]).toEqual([70, expect.stringContaining("was built in a root with a path of")]);
    }
  });

  test("was damaged on this disk: it is removed, to be fetched again", async () => {
    const { root, exitCode, output } = await provision({ "a-1.0": [] }, { damage: true });
    expect([exitCode, output]).toEqual([70, expect.stringContaining("was damaged on this disk")]);
    expect(existsSync(join(root, "../a-1.0-1.gpkg.tar"))).toBe(false);
  });
});
