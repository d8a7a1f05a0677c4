import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Transform } from "node:stream";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { LONG, type Swarm, startSwarm } from "../support/swarm.ts";
import type { SwarmPackage } from "../support/swarmPackages.ts";
import { flipped, Wire } from "../support/wire.ts";

vi.setConfig(LONG);

const packages = (version: number, change: Partial<SwarmPackage> = {}): SwarmPackage[] => [
  { cpv: `dev-libs/early-${version}` },
  { cpv: `app-misc/parcel-${version}`, needs: ["dev-libs/early"], ...change },
  { cpv: `app-misc/late-${version}`, needs: ["app-misc/parcel"] },
];

let wire: Wire;
let swarm: Swarm;

beforeAll(async () => {
  wire = await Wire.open();
  swarm = await startSwarm({
    drones: { izar: { cores: 8, slots: 2 }, tarn: { cores: 4, slots: 1 } },
    packages: packages(1),
    world: ["app-misc/late"],
    change: (toml) => wire.between(toml),
  });
});
afterAll(async () => {
  await swarm?.stop();
  await wire.close();
});

async function expectCompilations(version: number, parcel: number): Promise<void> {
  const compiled = await swarm.compiled();
  const times = packages(version).map(({ cpv }) => compiled.filter((each) => each === cpv).length);
  expect(times, `compilations of early, parcel and late ${version}`).toEqual([1, parcel, 1]);
}

async function publish(): Promise<void> {
  const { counts } = await swarm.reaches("gate");
  expect(counts).toMatchObject({ received: 3, failed: 0, skipped: 0 });
  await swarm.do("finalize");
}

test("the binhost is killed while an artifact arrives: nothing is lost, nothing is built twice", async () => {
  const { held, letGo } = wire.hold("parcel-1");
  await swarm.startRun();
  await held;
  await swarm.kill("binhost");
  letGo();
  await swarm.up();
  await publish();
  await expectCompilations(1, 1);
});

test("a drone is killed while it uploads and comes back: the artifact arrives, nothing is built twice", async () => {
  await swarm.putTree(packages(2));
  const { held, letGo } = wire.hold("parcel-2");
  await swarm.startRun();
  await held;
  const drone = (await swarm.package("app-misc/parcel-2")).attempts[0]?.drone;
  await swarm.kill(`drone-${drone}`);
  letGo();
  await swarm.up();
  await publish();
  await expectCompilations(2, 1);
});

test("an artifact that is changed on its way is refused and sent again", async () => {
  await swarm.putTree(packages(3));
  let spoilt = 0;
  wire.during((id) => (id.includes("parcel-3") && spoilt++ < 2 ? flipped() : null));
  await swarm.startRun();
  await publish();
  expect(spoilt).toBeGreaterThan(2);
  await expectCompilations(3, 1);
});

test("an artifact that is changed on the drone's disk is never accepted, and built elsewhere", async () => {
  await swarm.putTree(packages(4));
  let spoilt = false;
  wire.during((id) => {
    if (spoilt || !id.includes("parcel-4")) return null;
    spoilt = true;
    spoilArtifact(join(swarm.config.swarm.stateDir, "drones"), "parcel-4");
    // The connection breaks, so that what lies on the disk now is sent.
    return pulledCable();
  });
  await swarm.startRun();
  await publish();
  const { attempts } = await swarm.package("app-misc/parcel-4");
  expect(attempts).toHaveLength(2);
  expect(attempts[0]?.failure).toMatchObject({ class: "drone", message: expect.stringContaining("was changed") });
  expect(attempts[1]?.drone).not.toBe(attempts[0]?.drone);
  await expectCompilations(4, 2);
});

test("an artifact that lies damaged on the binhost is quarantined with the reason, and built elsewhere", async () => {
  await swarm.putTree(packages(5));
  const { dir } = swarm.config.binhost;
  let spoilt = false;
  wire.during((id, size) => {
    if (spoilt || !id.includes("parcel-5")) return null;
    spoilt = true;
    mkdirSync(join(dir, "uploads"), { recursive: true });
    writeFileSync(join(dir, "uploads", `${id}.whole`), Buffer.alloc(size, "x"));
    return pulledCable();
  });
  await swarm.startRun();
  await publish();
  const { attempts } = await swarm.package("app-misc/parcel-5");
  expect(attempts).toHaveLength(2);
  expect(attempts[0]?.failure).toMatchObject({ class: "drone", message: expect.stringContaining("not a tar archive") });
  expect(attempts[1]?.drone).not.toBe(attempts[0]?.drone);
  const quarantine = await readdir(join(dir, "quarantine"));
  expect(quarantine).toEqual([expect.stringContaining("parcel-5.1")]);
  const kept = join(dir, "quarantine", quarantine[0] ?? "");
  expect(await readFile(join(kept, "reason.json"), "utf8")).toContain("not a tar archive");
  expect((await readFile(join(kept, "artifact.gpkg.tar"))).subarray(0, 3).toString()).toBe("xxx");
  await expectCompilations(5, 2);
});

/** The connection breaks before anything has passed. */
function pulledCable(): Transform {
  return new Transform({ transform: (_chunk, _encoding, done) => done(new Error("a cable was pulled")) });
}

/** Turns a bit of a package file. */
function spoilArtifact(drones: string, pf: string): void {
  for (const path of readdirSync(drones, { recursive: true, encoding: "utf8" })) {
    if (!path.includes(`/${pf}-`) || !path.endsWith(".gpkg.tar")) continue;
    const bytes = readFileSync(join(drones, path));
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    writeFileSync(join(drones, path), bytes);
  }
}
