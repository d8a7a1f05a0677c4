import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { makeGpkg } from "../../bench/gpkgMaker.ts";
import { type BuildOrder, type BuiltArtifact, uploadId } from "../../model/build.ts";
import { BinhostClient } from "../../store/client.ts";
import { sha256Of, uploadOf } from "../store/support.ts";
import { deliverStrangely } from "../support/strangeDrone.ts";
import { LONG, type Swarm, startSwarm } from "../support/swarm.ts";

vi.setConfig(LONG);

let swarm: Swarm;
/** The binhost's directory is below it. */
let disk: string;
/** It is a file system of its own, small enough to be filled. */
let small: boolean;

beforeAll(async () => {
  disk = await mkdtemp(join(tmpdir(), "swarm-disk-"));
  small = spawnSync("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", disk]).status === 0;
  swarm = await startSwarm({
    drones: { izar: { cores: 4, slots: 1 } },
    packages: [
      { cpv: "app-misc/fine-1", held: true },
      { cpv: "app-misc/other-1", held: true },
    ],
    world: ["app-misc/fine"],
    orchestrators: 1,
    change: (toml) => toml.replace("[binhost]\n", `[binhost]\ndir = "${disk}/store"\n`),
  });
});
afterAll(async () => {
  await swarm?.stop();
  if (small) spawnSync("umount", [disk]);
  await rm(disk, { recursive: true, force: true });
});

const json = async (...args: string[]) => JSON.parse(await swarm.do(...args, "--json"));

describe("uploads to the binhost's process", () => {
  /** Sends bytes as an upload that was announced with other ones, or with these. */
  async function send(bytes: Buffer, announced: Buffer): Promise<{ status: number; error: string }> {
    const { id, size, sha256 } = uploadOf("bad-upload", announced);
    const response = await fetch(`${swarm.config.binhost.url}/api/uploads/${id}?size=${size}&sha256=${sha256}`, {
      method: "PATCH",
      headers: {
        authorization: `Bearer ${(await readFile(swarm.config.swarm.tokenFile, "utf8")).trim()}`,
        "content-type": "application/octet-stream",
        "upload-offset": "0",
      },
      body: new Uint8Array(bytes),
    });
    const { error } = (await response.json()) as { error: string };
    return { status: response.status, error };
  }

  test("too short, too long, other bytes: refused with the numbers, nothing is kept", async () => {
    const whole = await makeGpkg({ cpv: "app-misc/fine-1" });
    expect(await send(whole.subarray(1), whole)).toEqual({
      status: 400,
      error: expect.stringContaining(`ended after ${whole.length - 1} of ${whole.length} bytes`),
    });
    expect(await send(Buffer.concat([whole, whole]), whole)).toEqual({
      status: 400,
      error: expect.stringContaining(`more than the ${whole.length} announced`),
    });
    expect(await send(Buffer.alloc(whole.length), whole)).toEqual({
      status: 400,
      error: expect.stringMatching(/SHA-256 is [0-9a-f]{64}, announced was/),
    });
    expect(await readdir(join(disk, "store/uploads"))).toEqual([]);
  });

  test("another package, and the right name with wrong content: quarantined with the reason, the run goes on without it", async () => {
    const run = await swarm.startRun();
    await swarm.compiling("app-misc/fine-1");
    const { plan, tree, bundle } = await swarm.view();
    const order = (attempt: number): BuildOrder => ({
      ...{ run, target: "desktop", plan: plan ?? "", tree: tree ?? "", bundle: bundle ?? "" },
      ...{ index: 0, cpv: "app-misc/fine-1", attempt, jobs: 1, nice: 0, noOutputSeconds: 60 },
    });
    const token = (await readFile(swarm.config.swarm.tokenFile, "utf8")).trim();
    const client = new BinhostClient(swarm.config.binhost.url, token);
    const deliver = async (attempt: number, bytes: Buffer): Promise<string> => {
      const file = join(swarm.directory, `strange-${attempt}`);
      await writeFile(file, bytes);
      const sha256 = sha256Of(bytes);
      const made: BuiltArtifact = {
        ...{ cpv: "app-misc/fine-1", buildId: 1, size: bytes.length, sha256 },
        ...{ prepareSeconds: 0, buildSeconds: 0, adopted: false },
      };
      const id = uploadId(order(attempt));
      await deliverStrangely(swarm, order(attempt), {
        build: async () => made,
        upload: () => client.uploadArtifact({ id, file, size: bytes.length, sha256 }),
      });
      const kept = join(disk, "store/quarantine", id);
      expect((await readFile(join(kept, "artifact.gpkg.tar"))).equals(bytes)).toBe(true);
      return JSON.parse(await readFile(join(kept, "reason.json"), "utf8")).reason;
    };
    expect(await deliver(98, await makeGpkg({ cpv: "app-misc/other-1" }))).toMatch(
      /app-misc\/other-1.*app-misc\/fine-1/,
    );
    const damaged = await makeGpkg({ cpv: "app-misc/fine-1" });
    const at = damaged.indexOf("app-misc/fine-1app-misc");
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    expect(await deliver(99, damaged)).toMatch(/BLAKE2B differs/);
    expect(await client.staged(run)).toEqual([]);

    await swarm.release("app-misc/fine-1");
    await swarm.reaches("gate");
    expect((await client.staged(run)).map(({ cpv }) => cpv)).toEqual(["app-misc/fine-1"]);
    await swarm.do("finalize");
    expect(await swarm.compiled()).toEqual(["app-misc/fine-1"]);
  });
});

test("a full disk at the binhost: the upload waits and status says why; with space it goes on, nothing is built again", async (context) => {
  if (!small) return context.skip("no right to mount a tmpfs: run as root to test a full disk");
  await swarm.startRun("--packages", "app-misc/other");
  await swarm.compiling("app-misc/other-1");
  const ballast = join(disk, "ballast");
  await writeFile(ballast, Buffer.alloc(32 * 1024 * 1024)).catch(() => {});
  await swarm.release("app-misc/other-1");
  await swarm.until("status tells", async () =>
    /app-misc\/other-1: \S+ is tried again: no space left on the disk of the package store/.test(
      await swarm.do("status"),
    ),
  );
  expect(await json("snapshots")).toHaveLength(1);
  await rm(ballast);
  await swarm.reaches("gate");
  await swarm.do("finalize");
  expect(await swarm.compiled()).toEqual(["app-misc/fine-1", "app-misc/other-1"]);
  expect((await json("snapshots", "show")).packages).toHaveLength(2);
});
