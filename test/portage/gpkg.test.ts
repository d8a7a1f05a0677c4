import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { pack } from "tar-stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { container, type GpkgMembers, gpkgMembers, makeGpkg, manifestOf, metadataTar } from "../../bench/gpkgMaker.ts";
import { readGpkg } from "../../portage/gpkg.ts";

const FAKE = { cpv: "app-misc/hello-1.2-r3", buildId: 4 };
const DIRECTORY = "hello-1.2-r3-4";
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "swarm-gpkg-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function read(bytes: Buffer): ReturnType<typeof readGpkg> {
  const file = join(directory, "one.gpkg.tar");
  await writeFile(file, bytes);
  return readGpkg(file);
}

/** A package whose members were changed after the Manifest was made. */
async function changed(change: (members: GpkgMembers) => GpkgMembers): Promise<Buffer> {
  const members = await gpkgMembers(FAKE);
  return container(DIRECTORY, change([...members, ["Manifest", manifestOf(members)]]));
}

/** A package whose members were changed before the Manifest was made. */
async function made(change: (members: GpkgMembers) => GpkgMembers): Promise<Buffer> {
  const members = change(await gpkgMembers(FAKE));
  return container(DIRECTORY, [...members, ["Manifest", manifestOf(members)]]);
}

const replace = (name: string, content: Buffer) => (members: GpkgMembers) =>
  members.map(([is, old]): [string, Buffer] => [is, is === name ? content : old]);

describe("a sound package", () => {
  test("gives its metadata and the digests of the file", async () => {
    const bytes = await makeGpkg(FAKE);
    const report = await read(bytes);
    expect(report.size).toBe(bytes.length);
    expect(report.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(report.md5).toMatch(/^[0-9a-f]{32}$/);
    expect(report.sha1).toMatch(/^[0-9a-f]{40}$/);
    expect(report.signed).toBe(false);
    expect(report.metadata).toMatchObject({
      CATEGORY: "app-misc",
      PF: "hello-1.2-r3",
      BUILD_ID: "4",
      USE: "amd64 nls",
    });
  });

  test.each(["metadata.tar", "metadata.tar.gz"])("may have its metadata as %s", async (name) => {
    const plain = await metadataTar(FAKE);
    const content = name.endsWith(".gz") ? await promisify(gzip)(plain) : plain;
    const bytes = await made((members) =>
      members.map(([is, old]) => (is.startsWith("metadata") ? [name, content] : [is, old])),
    );
    expect((await read(bytes)).metadata.PF).toBe("hello-1.2-r3");
  });

  test("may be signed: a clear-signed Manifest, signatures beside the members", async () => {
    const members = await gpkgMembers(FAKE);
    members.splice(2, 0, ["metadata.tar.zst.sig", Buffer.from("signature")]);
    const text = manifestOf(members).toString();
    const manifest = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${text}-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n`;
    const bytes = await container(DIRECTORY, [...members, ["Manifest", Buffer.from(manifest)]]);
    expect((await read(bytes)).signed).toBe(true);
  });

  test("collapses whitespace in values", async () => {
    const report = await read(await makeGpkg({ ...FAKE, metadata: { CFLAGS: "  -O2\n  -pipe " } }));
    expect(report.metadata.CFLAGS).toBe("-O2 -pipe");
  });
});

describe("refused, with the reason", () => {
  const noise = Buffer.alloc(2048, "changed");
  test.each<[string, (members: GpkgMembers) => GpkgMembers, RegExp]>([
    ["a changed image", replace("image.tar.zst", noise), /image\.tar\.zst: BLAKE2B differs/],
    [
      "a longer image",
      replace("image.tar.zst", Buffer.alloc(4096)),
      /image\.tar\.zst: 4096 bytes, the Manifest says 2048/,
    ],
    [
      "an image left out",
      (it) => it.filter(([name]) => name !== "image.tar.zst"),
      /image\.tar\.zst: in the Manifest, but not in/,
    ],
    ["no Manifest", (it) => it.slice(0, -1), /no Manifest/],
    [
      "a member that the Manifest lacks",
      (it) => [...it, ["extra.tar", noise]],
      /extra\.tar: not covered by the Manifest/,
    ],
    ["a member twice", (it) => [...it, ["image.tar.zst", noise]], /image\.tar\.zst: there twice/],
    ["no gpkg-1 at the front", (it) => it.slice(1), /first member is metadata\.tar\.zst, not gpkg-1/],
    ["an empty Manifest", replace("Manifest", Buffer.alloc(0)), /not covered by the Manifest/],
    ["a Manifest of something else", replace("Manifest", Buffer.from("hello\n")), /Manifest: not a line of it/],
    [
      "a Manifest with an unknown digest only",
      replace("Manifest", Buffer.from("DATA gpkg-1 0 FOO 00\n")),
      /no digest known here/,
    ],
    ["a path upwards", (it) => [...it, ["../../evil", noise]], /not DIRECTORY\/FILE with plain names/],
    ["a directory below", (it) => [...it, ["a/b", noise]], /not DIRECTORY\/FILE with plain names/],
  ])("%s", async (_name, change, reason) => {
    await expect(read(await changed(change))).rejects.toThrow(reason);
  });

  test.each<[string, (members: GpkgMembers) => GpkgMembers, RegExp]>([
    ["a member that is no part of a gpkg", (it) => [...it, ["evil.sh", noise]], /evil\.sh: no part of a gpkg/],
    ["two images", (it) => [...it, ["image.tar", noise]], /both image\.tar\.zst and image\.tar/],
    ["metadata that is not compressed as its name says", replace("metadata.tar.zst", noise), /cannot be unpacked/],
    [
      "metadata compressed with xz",
      (it) => it.map(([name, content]) => [name.replace("metadata.tar.zst", "metadata.tar.xz"), content]),
      /compression \.xz is not read here; set BINPKG_COMPRESS/,
    ],
  ])("%s, though its digests are right", async (_name, change, reason) => {
    await expect(read(await made(change))).rejects.toThrow(reason);
  });

  test.each<[Record<string, string>, RegExp]>([
    [{ CHOST: "" }, /CHOST is missing/],
    [{ BUILD_ID: "0" }, /BUILD_ID not a positive number/],
    [{ PF: "../hello-1" }, /PF not a package's name/],
    [{ CATEGORY: ".." }, /CATEGORY not a category's name/],
    [{ SLOT: "0/1/2" }, /SLOT not a slot/],
    [{ repository: "a b" }, /repository not a repository's name/],
    [{ BUILD_ID: "5" }, /its directory is hello-1\.2-r3-4, but its metadata says hello-1\.2-r3-5/],
    [{ RDEPEND: "nls? ( dev-libs/gettext )" }, /RDEPEND has an unevaluated USE conditional/],
  ])("metadata %j", async (metadata, reason) => {
    await expect(read(await makeGpkg({ ...FAKE, metadata }))).rejects.toThrow(reason);
  });

  test("a symbolic link as a member", async () => {
    const archive = pack();
    archive.entry({ name: `${DIRECTORY}/gpkg-1`, size: 0 }, "");
    archive.entry({ name: `${DIRECTORY}/image.tar.zst`, type: "symlink", linkname: "/etc/passwd" });
    archive.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
    await expect(read(Buffer.concat(chunks))).rejects.toThrow(/a symlink, not a file/);
  });

  test("members of two directories", async () => {
    const bytes = await container("x", [["gpkg-1", Buffer.alloc(0)]]);
    const more = await makeGpkg(FAKE);
    await expect(read(Buffer.concat([bytes.subarray(0, 512), more]))).rejects.toThrow(
      /two top directories: x and hello/,
    );
  });

  test("something that is no archive, and the empty file that a failed build leaves", async () => {
    await expect(read(Buffer.alloc(5000, "text"))).rejects.toThrow(/not a tar archive at its beginning/);
    await expect(read(Buffer.alloc(0))).rejects.toThrow(/0 bytes: a package is larger than 1024/);
    await expect(read(Buffer.alloc(1024))).rejects.toThrow(/larger than 1024/);
  });

  test("cut off anywhere before its Manifest ends", async () => {
    const bytes = await makeGpkg(FAKE);
    const file = join(directory, "cut.gpkg.tar");
    await writeFile(file, bytes);
    // The last 1,024 bytes are tar's end mark, and the Manifest's block is padded: what is before belongs to members.
    const end = bytes.length - 1024 - 512;
    for (let size = end; size > 1024; size -= 97) {
      await truncate(file, size);
      await expect(readGpkg(file), `cut at ${size}`).rejects.toThrow(/truncated|no Manifest/);
    }
  });

  test("one flipped bit in any member", async () => {
    const bytes = await makeGpkg(FAKE);
    // Every block but headers' unused fields: metadata and image are at these offsets, after their headers.
    for (let at = 1024; at < bytes.length - 1024; at += 31) {
      const header = isHeader(bytes, at);
      if (header || bytes[at] === 0) continue;
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      await expect(read(flipped), `bit flipped at ${at}`).rejects.toThrow();
    }
  });
});

/** Whether an offset lies in a member's header block: its fields but for name, size and checksum mean nothing here. */
function isHeader(bytes: Buffer, at: number): boolean {
  const block = at - (at % 512);
  return bytes.subarray(block + 257, block + 262).toString() === "ustar";
}
