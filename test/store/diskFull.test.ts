import { randomBytes } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";
import { expectedOf, makeGpkg } from "../../bench/gpkgMaker.ts";
import { BinhostClient } from "../../store/client.ts";
import { createBinhostServer } from "../../store/server.ts";
import { clientPackages, newStore, stagePackage, TARGET, temporaryDirectory, uploadOf } from "./support.ts";

/** A disk of 4 MiB, or null where this machine does not let us mount one. */
async function smallDisk(): Promise<string | null> {
  const directory = join(await temporaryDirectory(), "disk");
  await mkdir(directory);
  const mounted = await execa("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", directory], { reject: false });
  if (mounted.failed) return null;
  onTestFinished(async () => void (await execa("umount", [directory])));
  return directory;
}

test("a full disk refuses uploads and publishes by its name, loses nothing, and works again with space", async (context) => {
  const disk = await smallDisk();
  if (disk === null) return context.skip("no right to mount a tmpfs: run as root to test a full disk");
  const { store, bundle } = await newStore(join(disk, "store"));
  const server = createBinhostServer(store, { token: "t", name: "main" });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  const client = new BinhostClient(url, "t");

  const fake = { cpv: "app-misc/big-1.0", image: randomBytes(6 * 1024 * 1024) };
  const bytes = await makeGpkg(fake);
  const file = join(await temporaryDirectory(), "big.gpkg.tar");
  await writeFile(file, bytes);
  const upload = { ...uploadOf("big", bytes), file };
  const full = {
    status: 507,
    message: expect.stringContaining("no space left"),
    hint: expect.stringContaining("prune"),
  };
  await expect(client.uploadArtifact(upload)).rejects.toMatchObject(full);
  expect(await readdir(join(store.dir, "uploads"))).toEqual([]);

  await stagePackage(store, "desktop-1", { cpv: "app-misc/hello-1.0" });
  const order = { target: TARGET, tree: "t", bundle, createdAt: "2026-01-01T00:00:00Z" };
  await store.publish({ ...order, run: "desktop-1" });
  await stagePackage(store, "desktop-2", { cpv: "app-misc/hello-1.1" });
  const ballast = join(disk, "ballast");
  await writeFile(ballast, Buffer.alloc(8 * 1024 * 1024)).catch(() => {});
  const second = { ...order, run: "desktop-2", createdAt: "2026-01-02T00:00:00Z" };
  await expect(store.publish(second)).rejects.toMatchObject({ kind: "full" });
  await expect(client.putBlob(randomBytes(100_000))).rejects.toMatchObject({ status: 507 });
  await expect(stagePackage(store, "desktop-3", { cpv: "app-misc/calc-1.0" })).rejects.toMatchObject({ kind: "full" });
  expect(await clientPackages(store)).toEqual(["app-misc/hello-1.0-1"]);

  await rm(ballast);
  await store.publish(second);
  expect(await clientPackages(store)).toEqual(["app-misc/hello-1.0-1", "app-misc/hello-1.1-1"]);
  const fits = await makeGpkg({ cpv: fake.cpv });
  await writeFile(file, fits);
  await client.uploadArtifact({ ...uploadOf("fits", fits), file });
  const request = { ...uploadOf("fits", fits), run: "desktop-3", target: TARGET, expected: expectedOf(fake) };
  expect(await store.acceptUpload(request)).toHaveProperty("accepted");
});
