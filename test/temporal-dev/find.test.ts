import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";
import { UserError } from "../../model/errors.ts";
import { freePort } from "../../system/ports.ts";
import { archiveName, DOWNLOAD_PREFIX } from "../../temporal-dev/download.ts";
import { ensureTemporal, findTemporal, TEMPORAL_VERSION } from "../../temporal-dev/find.ts";
import { GO_BUILD_PREFIX } from "../../temporal-dev/goInstall.ts";
import { archiveOf, checksumsOf, PROGRAM, serve } from "./release.ts";

const ARCHIVE = archiveName(TEMPORAL_VERSION) ?? "";

/** A machine that has only what the test puts on its PATH. */
async function bareMachine() {
  const directory = await mkdtemp(join(tmpdir(), "swarm-find-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const bin = join(directory, "bin");
  const cacheDir = join(directory, "cache");
  await mkdir(bin);
  const progress: string[] = [];
  return {
    bin,
    cacheDir,
    progress,
    binary: join(cacheDir, `temporal-${TEMPORAL_VERSION}`, "temporal"),
    options: { cacheDir, env: { PATH: bin, HOME: directory }, onProgress: (line: string) => progress.push(line) },
    program: async (name: string, text: string): Promise<string> => {
      await writeFile(join(bin, name), text);
      await chmod(join(bin, name), 0o755);
      return join(bin, name);
    },
    cached: async (): Promise<string[]> => (await readdir(cacheDir)).filter((name) => name !== "temporal.lock"),
  };
}

/** Nobody answers there. */
const nowhere = async (): Promise<string> => `http://127.0.0.1:${await freePort("127.0.0.1")}`;

async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (e: unknown) => e,
  );
  if (!(error instanceof UserError)) throw new Error(`no UserError but ${error}`);
  return error.message;
}

test("a good release is unpacked into the cache, and found there the next time", async () => {
  const machine = await bareMachine();
  const archive = await archiveOf({ LICENSE: "words", temporal: PROGRAM, "../temporal": "not this one" });
  const releaseUrl = await serve({ [ARCHIVE]: archive, "checksums.txt": checksumsOf(archive) });
  expect(await findTemporal(machine.options)).toBeNull();
  expect(await ensureTemporal({ ...machine.options, releaseUrl })).toBe(machine.binary);
  expect(await readFile(machine.binary, "utf8")).toBe(PROGRAM);
  expect((await execa(machine.binary)).stdout).toContain(TEMPORAL_VERSION);
  expect(await machine.cached()).toEqual([`temporal-${TEMPORAL_VERSION}`]);
  expect(await findTemporal(machine.options)).toBe(machine.binary);
  expect(await ensureTemporal({ ...machine.options, releaseUrl: await nowhere() })).toBe(machine.binary);
});

test.each<[string, (archive: Buffer) => Parameters<typeof serve>[0], RegExp]>([
  ["a wrong checksum", (a) => ({ [ARCHIVE]: a, "checksums.txt": checksumsOf(Buffer.from("x")) }), /SHA-256 .*refused/],
  ["a truncated archive", (a) => ({ [ARCHIVE]: a.subarray(0, 90), "checksums.txt": checksumsOf(a) }), /refused/],
  ["no archive", (a) => ({ "checksums.txt": checksumsOf(a) }), /HTTP 404/],
  ["no checksums", (a) => ({ [ARCHIVE]: a }), /checksums.txt: HTTP 404/],
  ["checksums without the archive", (a) => ({ [ARCHIVE]: a, "checksums.txt": "" }), /has no line for temporal_cli/],
])("%s: refused, nothing stays, the error says what was tried", async (_, answers, expected) => {
  const machine = await bareMachine();
  const releaseUrl = await serve(answers(await archiveOf({ temporal: PROGRAM })));
  const message = await failure(ensureTemporal({ ...machine.options, releaseUrl }));
  expect(message).toMatch(expected);
  expect(message).toContain("PATH: no temporal on it");
  expect(message).toContain("go: not installed");
  expect(message).toContain("Install the temporal command");
  expect(await machine.cached()).toEqual([]);
});

test.each([
  [
    "that is damaged though its checksum is right",
    async () => (await archiveOf({ temporal: PROGRAM })).subarray(0, 90),
  ],
  ["without the program", () => archiveOf({ "deep/temporal": PROGRAM })],
])("an archive %s leaves nothing", async (_, make) => {
  const machine = await bareMachine();
  const archive = await make();
  const releaseUrl = await serve({ [ARCHIVE]: archive, "checksums.txt": checksumsOf(archive) });
  await failure(ensureTemporal({ ...machine.options, releaseUrl }));
  expect(await machine.cached()).toEqual([]);
});

test("callers at once download once", async () => {
  const machine = await bareMachine();
  const archive = await archiveOf({ temporal: PROGRAM });
  let downloads = 0;
  const releaseUrl = await serve({
    "checksums.txt": checksumsOf(archive),
    [ARCHIVE]: (_, response) => {
      downloads += 1;
      response.end(archive);
    },
  });
  const calls = [1, 2, 3].map(() => ensureTemporal({ ...machine.options, releaseUrl }));
  expect(await Promise.all(calls)).toEqual([machine.binary, machine.binary, machine.binary]);
  expect(downloads).toBe(1);
  expect(machine.progress.join("\n")).toContain("another process is bringing the Temporal server");
});

test("what a killed call left in the cache is removed by the next", async () => {
  const machine = await bareMachine();
  await mkdir(join(machine.cacheDir, `${GO_BUILD_PREFIX}abc`, "modules"), { recursive: true });
  await mkdir(join(machine.cacheDir, `${DOWNLOAD_PREFIX}abc`), { recursive: true });
  await mkdir(join(machine.cacheDir, "portage-3"), { recursive: true });
  await failure(ensureTemporal({ ...machine.options, releaseUrl: await nowhere() }));
  expect(await machine.cached()).toEqual(["portage-3"]);
});

test("a temporal on PATH is taken before all others; a directory of that name is none", async () => {
  const machine = await bareMachine();
  const other = join(machine.bin, "..", "other");
  await mkdir(join(other, "temporal"), { recursive: true });
  const program = await machine.program("temporal", PROGRAM);
  const env = { PATH: `relative:${other}:${machine.bin}` };
  expect(await ensureTemporal({ ...machine.options, env, releaseUrl: await nowhere() })).toBe(program);
});

test.each([
  [
    "too old",
    '#!/bin/sh\necho "temporal version 1.0.0 (Server 1.24.2, UI 2.28.0)"\n',
    /its server is 1\.24\.2, needed/,
  ],
  ["something else", "#!/bin/sh\necho hello\n", /its server is of unknown version/],
])("a temporal on PATH that is %s is passed over, and the error says so", async (_, text, expected) => {
  const machine = await bareMachine();
  await machine.program("temporal", text);
  expect(await failure(ensureTemporal({ ...machine.options, releaseUrl: await nowhere() }))).toMatch(expected);
  const archive = await archiveOf({ temporal: PROGRAM });
  const releaseUrl = await serve({ [ARCHIVE]: archive, "checksums.txt": checksumsOf(archive) });
  expect(await ensureTemporal({ ...machine.options, releaseUrl })).toBe(machine.binary);
});

/** Stands for Go: makes files where the real one would, read-only ones among them. */
const GO = `#!/bin/sh
set -e
PATH=/usr/bin:/bin
if [ "$1" = version ]; then echo "go version go1.99 linux/amd64"; exit; fi
echo "go: downloading example.org/module v1" >&2
mkdir -p "$GOMODCACHE/module" "$GOCACHE" "$GOBIN"
echo "$GOFLAGS" > "$HOME/flags"
echo "$*" > "$HOME/arguments"
`;

test("without a release Go builds it, in private directories that are gone afterwards", async () => {
  const machine = await bareMachine();
  await machine.program("go", `${GO}cat > "$GOBIN/temporal" <<'END'\n${PROGRAM}END\nchmod 755 "$GOBIN/temporal"\n`);
  const env = { ...machine.options.env, GOFLAGS: "-p=1" };
  expect(await ensureTemporal({ ...machine.options, env, releaseUrl: await nowhere() })).toBe(machine.binary);
  expect((await stat(machine.binary)).mode & 0o111).toBe(0o111);
  expect(await machine.cached()).toEqual([`temporal-${TEMPORAL_VERSION}`]);
  expect(await readFile(join(env.HOME, "flags"), "utf8")).toBe("-p=1 -modcacherw\n");
  expect(await readFile(join(env.HOME, "arguments"), "utf8")).toBe(
    `install -v github.com/temporalio/cli/cmd/temporal@v${TEMPORAL_VERSION}\n`,
  );
  expect(machine.progress).toEqual([
    expect.stringMatching(/^downloading http/),
    expect.stringMatching(/^download: .*ECONNREFUSED/),
    expect.stringMatching(/^building the Temporal server with go1\.99/),
    expect.stringMatching(/^built in \d+ s$/),
  ]);
});

test("a build that fails: Go's own words, nothing stays", async () => {
  const machine = await bareMachine();
  await machine.program(
    "go",
    `${GO}echo runtime >&2\necho "x.go:1: no space left on device" >&2\necho net/http >&2\nexit 1\n`,
  );
  const message = await failure(ensureTemporal({ ...machine.options, releaseUrl: await nowhere() }));
  expect(message).toContain("go install: x.go:1: no space left on device\n");
  expect(await machine.cached()).toEqual([]);
});
