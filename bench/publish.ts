import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { openStore, type PackageStore } from "../store/store.ts";
import { expectedOf, makeGpkg } from "./gpkgMaker.ts";

export interface PublishFigures {
  packages: number;
  /** Mean seconds to take in and validate one artifact of some 4 KiB. */
  acceptSeconds: number;
  /** The first publish: all packages are new. The goal is at most 2. */
  publishSeconds: number;
  /** A publish of one new package on top. */
  addOneSeconds: number;
  rollbackSeconds: number;
  pruneSeconds: number;
}

/** Measures the store with real files, by default of 1,000 packages; prints and returns the figures. */
export async function benchPublish(count = 1000): Promise<PublishFigures> {
  const directory = await mkdtemp(join(tmpdir(), "swarm-bench-publish-"));
  try {
    const store = await openStore(directory, { name: "bench" });
    const bundle = await store.putBlob(
      Buffer.from(JSON.stringify({ format: 1, name: "bench", profile: { repository: "demo", path: "demo/amd64" } })),
    );
    await store.putTarget("bench", bundle);
    const cpvs = Array.from({ length: count }, (_, i) => `cat-${i % 100}/package${i}-1.${i % 7}`);
    const accepted = await timed(async () => {
      for (const cpv of cpvs) await take(store, "bench-1", cpv);
    });
    const order = { target: "bench", tree: "bench", bundle };
    const first = await timed(() => store.publish({ ...order, run: "bench-1", createdAt: "2026-01-01T00:00:00Z" }));
    await take(store, "bench-2", "cat-0/one-more-1.0");
    const second = await timed(() => store.publish({ ...order, run: "bench-2", createdAt: "2026-01-02T00:00:00Z" }));
    const back = await timed(() => store.rollback("bench", first.value.id));
    const pruned = await timed(() => store.prune("bench", 1));
    const figures: PublishFigures = {
      packages: count,
      acceptSeconds: accepted.seconds / count,
      publishSeconds: first.seconds,
      addOneSeconds: second.seconds,
      rollbackSeconds: back.seconds,
      pruneSeconds: pruned.seconds,
    };
    for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(16)} ${Number(value.toFixed(4))}`);
    return figures;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function take(store: PackageStore, run: string, cpv: string): Promise<void> {
  const bytes = await makeGpkg({ cpv });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const upload = { id: `${run}.${sha256}`, size: bytes.length, sha256 };
  await store.appendUpload(upload, 0, Readable.from([bytes]));
  const verdict = await store.acceptUpload({ ...upload, run, target: "bench", expected: expectedOf({ cpv }) });
  if ("rejected" in verdict) throw new Error(`bench: ${cpv} was refused: ${verdict.rejected}`);
}

async function timed<T>(fn: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const start = performance.now();
  const value = await fn();
  return { value, seconds: (performance.now() - start) / 1000 };
}
