import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { describe, expect, onTestFinished, test } from "vitest";
import { MIGRATIONS } from "../../store/historyDatabase.ts";
import { DatabaseSync } from "../../system/sqlite.ts";
import { ALL, attemptAt, newHistory } from "./historySupport.ts";
import { newStore, stagePackage, temporaryDirectory } from "./support.ts";

const newFile = async (): Promise<string> => join(await temporaryDirectory(), "history.db");

/** A history's file with `rows` attempts, closed. */
async function written(rows: number): Promise<string> {
  const { history, file } = await newHistory();
  history.import(Array.from({ length: rows }, (_, at) => attemptAt(at)));
  history.close();
  return file;
}

test.each(MIGRATIONS.map((_, step) => step).slice(1))(
  "a file of version %i is brought to the present, with what is in it",
  async (version) => {
    const file = await newFile();
    const old = new DatabaseSync(file);
    for (const step of MIGRATIONS.slice(0, version)) old.exec(step);
    old.exec(`PRAGMA user_version = ${version};
    INSERT INTO attempts (run, cpv, attempt, target, category, package, version, drone, jobs, started, ended, result)
    VALUES ('desktop-1', 'app-misc/hello-1.0', 1, 'desktop', 'app-misc', 'hello', '1.0', 'izar', 4, 1000, 2000, 'built')`);
    old.close();
    const { history, said } = await newHistory(file);
    history.record(attemptAt(7));
    const { attempts } = history.attempts(ALL);
    expect(attempts[0]).toEqual(attemptAt(7));
    expect(attempts[1]).toMatchObject({
      run: "desktop-1",
      startedAt: 1000,
      cpuSeconds: null,
      peakDiskBytes: null,
      phases: [],
    });
    expect(said).toEqual([]);
    history.close();
    const now = new DatabaseSync(file);
    expect(now.prepare("PRAGMA user_version").get()?.user_version).toBe(MIGRATIONS.length);
    now.close();
  },
);

test("a file of a newer version: refused by its name, said once, left alone; packages are served", async () => {
  const directory = await temporaryDirectory();
  const file = join(directory, "history.db");
  const newer = new DatabaseSync(file);
  newer.exec("CREATE TABLE future (x); PRAGMA user_version = 99");
  newer.close();
  const before = await readFile(file);
  const { history, said } = await newHistory(file);
  history.prepare();
  history.record(attemptAt(1));
  history.record(attemptAt(2));
  expect(said).toEqual([expect.stringMatching(/not recorded.*version 99.*up to \d+.*Update this binhost/)]);
  expect(() => history.attempts(ALL)).toThrow(/version 99/);
  expect(await readFile(file)).toEqual(before);

  const { store } = await newStore(directory);
  await stagePackage(store, "desktop-1", { cpv: "app-misc/hello-1.0" });
  expect(await store.staged("desktop-1")).toHaveLength(1);
});

describe("a damaged file is moved aside, said, and a new history begun", () => {
  /** What is beside it afterwards; the attempt must be in the new one. */
  async function survives(file: string): Promise<string[]> {
    const { history, said } = await newHistory(file);
    history.record(attemptAt(1000));
    expect(history.attempts(ALL).attempts).toEqual([attemptAt(1000)]);
    expect(said.join("\n")).toMatch(
      /damaged.*\n.*moved the damaged file to .*history\.db\.corrupt-\d{8}T\d{6}Z; a new history/,
    );
    return (await readdir(dirname(file))).filter((name) => name.includes(".corrupt-"));
  }

  test("garbage", async () => {
    const file = await newFile();
    await writeFile(file, Buffer.alloc(50_000, "no database "));
    const [aside = ""] = await survives(file);
    expect(await readFile(join(dirname(file), aside), "utf8")).toContain("no database");
  });

  test("cut off in the middle", async () => {
    const file = await written(2000);
    await truncate(file, Math.floor((await stat(file)).size / 2));
    expect(await survives(file)).toHaveLength(1);
  });

  test("overwritten in the middle", async () => {
    const file = await written(2000);
    const { size } = await stat(file);
    const handle = await open(file, "r+");
    await handle.write(Buffer.alloc(size / 2, 0xa5), 0, size / 2, size / 4);
    await handle.close();
    await survives(file);
  });

  test("while it is in use", async () => {
    const { history, file, said } = await newHistory();
    history.import(Array.from({ length: 2000 }, (_, at) => attemptAt(at)));
    const other = new DatabaseSync(file);
    other.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    other.close();
    const { size } = await stat(file);
    const handle = await open(file, "r+");
    await handle.write(Buffer.alloc(size - 100, 0xa5), 0, size - 100, 100);
    await handle.close();
    for (let at = 3000; at < 3200; at++) history.record(attemptAt(at));
    expect(said.join("\n")).toContain("a new history begins");
    expect(history.attempts({ ...ALL, limit: 1 }).attempts).toEqual([attemptAt(3199)]);
  });
});

test("an empty file is a new history", async () => {
  const file = await newFile();
  await writeFile(file, "");
  const { history, said } = await newHistory(file);
  history.record(attemptAt(1));
  expect([history.attempts(ALL).total, said]).toEqual([1, []]);
});

test("killed while it writes: everything that was recorded before is there, and the file is whole", async () => {
  const file = await newFile();
  for (let life = 0; life < 5; life++) {
    const child = spawn(process.execPath, [join(import.meta.dirname, "historyChild.ts"), file, String(life)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let told = -1;
    child.stdout.on("data", (chunk: Buffer) => {
      told = Number(chunk.toString().trim().split("\n").at(-1));
      if (told >= 20 + life * 13) child.kill("SIGKILL");
    });
    await once(child, "close");
    const { history, said } = await newHistory(file);
    const { attempts } = history.attempts({ ...ALL, target: `life-${life}` });
    expect(attempts.length).toBeGreaterThan(told);
    expect(said).toEqual([]);
    history.close();
  }
});

test("a full disk: said once, nothing fails, and recorded again when there is room", async (context) => {
  const disk = join(await temporaryDirectory(), "disk");
  await mkdir(disk);
  const mounted = await execa("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], { reject: false });
  if (mounted.failed) return context.skip("no right to mount a tmpfs: run as root to test a full disk");
  onTestFinished(async () => void (await execa("umount", ["-l", disk])));
  const { history, said } = await newHistory(join(disk, "history.db"));
  history.record(attemptAt(0));
  const ballast = join(disk, "ballast");
  await writeFile(ballast, Buffer.alloc(2_000_000)).catch(() => {});
  // The log has some room left in its last page.
  for (let at = 1; at < 200; at++) history.record(attemptAt(at, { message: "x".repeat(900) }));
  expect(said).toEqual([expect.stringMatching(/not recorded, builds go on: no space left/)]);
  await rm(ballast);
  history.record(attemptAt(500));
  expect(history.attempts({ ...ALL, limit: 1 }).attempts).toEqual([attemptAt(500)]);
  expect(said.at(-1)).toMatch(/recorded again; \d+ attempts were not/);
});
