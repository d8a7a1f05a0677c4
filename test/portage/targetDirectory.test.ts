import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UserError } from "../../model/errors.ts";
import { bundleHash } from "../../portage/bundle.ts";
import { readTargetDirectory } from "../../portage/targetDirectory.ts";

let scratch: string;
let target: string;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "swarm-target-"));
  target = join(scratch, "target");
  await put("portage/make.conf", 'CFLAGS="-O2"\n');
  await put("portage/package.use/tools/editors", "app-editors/vim python\n");
  await put("profile", "gentoo:default/linux/amd64/23.0\n");
  await put("world", "# wanted\napp-editors/vim\n@extra\n");
});

afterEach(() => rm(scratch, { recursive: true, force: true }));

async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(join(target, path, ".."), { recursive: true });
  await writeFile(join(target, path), content);
}

const read = () => readTargetDirectory(target, "desktop");

async function problems(name = "desktop"): Promise<readonly string[]> {
  const error = await readTargetDirectory(target, name).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  return error instanceof UserError ? error.problems : [];
}

describe("a target directory", () => {
  test("is read whole", async () => {
    expect(await read()).toEqual({
      format: 1,
      name: "desktop",
      profile: { repository: "gentoo", path: "default/linux/amd64/23.0" },
      files: { "make.conf": 'CFLAGS="-O2"\n', "package.use/tools/editors": "app-editors/vim python\n" },
      world: ["app-editors/vim", "@extra"],
    });
  });

  test("is the same bundle from another place", async () => {
    const here = bundleHash(await read());
    await cp(target, join(scratch, "copy"), { recursive: true });
    expect(bundleHash(await readTargetDirectory(join(scratch, "copy"), "desktop"))).toBe(here);
  });

  test("leaves out places of one machine, keys, backups and hidden files", async () => {
    const before = await read();
    await put("portage/repos.conf/gentoo.conf", "[gentoo]\n");
    await put("portage/binrepos.conf", "[x]\n");
    await put("portage/gnupg/private.key", "secret\n");
    await put("portage/package.use/._cfg0000_editors", "old\n");
    await put("portage/make.conf~", "old\n");
    expect(await read()).toEqual(before);
  });

  test("takes the profile from make.profile, as /etc/portage has it", async () => {
    const tree = join(scratch, "tree");
    await mkdir(join(tree, "profiles/default/arm64"), { recursive: true });
    await writeFile(join(tree, "profiles/repo_name"), "gentoo\n");
    await rm(join(target, "profile"));
    await symlink("../../tree/profiles/default/arm64", join(target, "portage/make.profile"));
    expect((await read()).profile).toEqual({ repository: "gentoo", path: "default/arm64" });
  });

  test("follows a link to a file that it contains", async () => {
    await symlink("make.conf", join(target, "portage/bashrc"));
    expect((await read()).files.bashrc).toBe('CFLAGS="-O2"\n');
  });
});

describe("what is wrong with a target directory", () => {
  test("is all said at once, with the place", async () => {
    await writeFile(join(scratch, "secret"), "secret\n");
    await put("profile", "default/linux\n");
    await put("world", "app-editors/vim\nnonsense\napp-misc/x-1.0\n");
    await put("portage/binary", new Uint8Array([0xff, 0x00]));
    await put("portage/zeroes", "a\0b");
    await put("portage/big", "x".repeat(256 * 1024 + 1));
    await symlink(join(scratch, "secret"), join(target, "portage/outside"));
    await symlink("nowhere", join(target, "portage/dangling"));
    await symlink("package.use", join(target, "portage/package.env"));
    await promisify(execFile)("mkfifo", [join(target, "portage/pipe")]);
    const found = await problems("../desktop");
    const expected = [
      /"\.\.\/desktop" cannot be a target's name/,
      /portage\/big: 262145 bytes/,
      /portage\/binary: it is not a text file/,
      /portage\/dangling: this link points to nothing/,
      /portage\/outside: this link leads out of the target's directory/,
      /portage\/package\.env: a link to a directory/,
      /portage\/pipe: it is not a file/,
      /portage\/zeroes: it is not a text file/,
      /profile: "default\/linux" is not repository:path/,
      /world:2: .*"nonsense"/,
      /world:3: .*did you mean "=app-misc\/x-1\.0"/,
    ];
    expect(found).toHaveLength(expected.length);
    for (const [index, pattern] of expected.entries()) expect(found[index]).toMatch(pattern);
  });

  test("an empty directory: what a target consists of", async () => {
    await rm(target, { recursive: true });
    await mkdir(target);
    const found = (await problems()).join("\n");
    for (const part of ["/etc/portage", "no profile", "world: there is no such file"]) expect(found).toContain(part);
  });

  test("no directory", async () => {
    await rm(target, { recursive: true });
    expect(await problems()).toEqual([`${target}: there is no such directory that can be read`]);
  });

  test("two profiles", async () => {
    await symlink("/anywhere/profiles/x", join(target, "portage/make.profile"));
    expect((await problems()).join()).toContain("Remove one");
  });

  test("a make.profile that leads to no repository", async () => {
    await rm(join(target, "profile"));
    await symlink("../../missing/profiles/x", join(target, "portage/make.profile"));
    expect((await problems()).join()).toContain("no profile in a repository on this machine");
  });

  test("too much of it", async () => {
    for (let n = 0; n < 5; n++) await put(`portage/patches/${n}.patch`, "x".repeat(250_000));
    expect((await problems()).join()).toContain("a target may have 1048576");
  });
});
