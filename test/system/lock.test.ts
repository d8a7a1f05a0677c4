import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";
import { lockOwner, withLock } from "../../system/lock.ts";
import { packageRoot } from "../../system/packageRoot.ts";

async function lockPath(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "swarm-lock-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, "below", "a.lock");
}

/** Another process that takes the lock, says so, and keeps it until it is ended. */
async function holder(path: string) {
  const module = pathToFileURL(join(packageRoot(), "system/lock.ts")).href;
  const script = `
    const { withLock } = await import(${JSON.stringify(module)});
    await withLock(${JSON.stringify(path)}, async () => { console.log("held"); await new Promise((r) => process.stdin.once("data", r)); });
    process.exit(0);`;
  const child = execa(process.execPath, ["--input-type=module", "-e", script], { reject: false });
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdout.setEncoding("utf8");
  await once(child.stdout, "data");
  // In an object: the child is a promise of its own end, which `await holder()` would wait for.
  return { child };
}

test("callers in one process run one after another, and a failure frees the lock", async () => {
  const path = await lockPath();
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setTimeout(resolve, 20));
    inside -= 1;
    throw new Error("failed inside");
  };
  const results = await Promise.allSettled([1, 2, 3].map(() => withLock(path, work)));
  expect(results.map((r) => r.status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(most).toBe(1);
  expect(await withLock(path, async () => "free")).toBe("free");
});

test("waits for another process, says who it is, and goes on when that is killed", async () => {
  const path = await lockPath();
  const { child } = await holder(path);
  let entered = false;
  const waited: (number | undefined)[] = [];
  const mine = withLock(
    path,
    async () => {
      entered = true;
    },
    { onWait: (owner) => waited.push(owner?.pid) },
  );
  await expect.poll(() => waited).toEqual([child.pid]);
  expect(entered).toBe(false);
  expect(lockOwner(path)?.pid).toBe(child.pid);
  child.kill("SIGKILL");
  await mine;
  expect(entered).toBe(true);
  expect(lockOwner(path)).toBeNull();
});
