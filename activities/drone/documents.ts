import { z } from "zod";
import type { BuildOrder } from "../../model/build.ts";
import type { Plan } from "../../model/plan.ts";
import type { StoredPackage } from "../../model/snapshot.ts";
import type { TargetBundle } from "../../model/target.ts";
import { parsePlan } from "../../portage/planFile.ts";
import type { BinhostClient } from "../../store/client.ts";
import { failureOf } from "./failure.ts";

const BundleSchema: z.ZodType<TargetBundle> = z.object({
  format: z.literal(1),
  name: z.string(),
  profile: z.object({ repository: z.string(), path: z.string() }),
  files: z.record(z.string(), z.string()),
  world: z.array(z.string()),
});

/** Parsed documents that are kept: a drone works for one run at a time, seldom for two. */
const KEPT = 4;

/** Plans and bundles, which never change under their SHA-256, and what a run has in staging. */
export class Documents {
  readonly #binhost: BinhostClient;
  readonly #kept = new Map<string, Promise<unknown>>();
  /** run -> `cpv buildId` -> SHA-256 */
  readonly #staged = new Map<string, Map<string, string>>();

  constructor(binhost: BinhostClient) {
    this.#binhost = binhost;
  }

  bundle(sha256: string): Promise<TargetBundle> {
    return this.#document(sha256, (bytes) => BundleSchema.parse(JSON.parse(bytes.toString("utf8"))));
  }

  plan(sha256: string): Promise<Plan> {
    return this.#document(sha256, parsePlan);
  }

  /**
   * The SHA-256 of each of these packages of the plan: the snapshot's binary, or what the run has in staging. The binhost
   * is asked only for what is not known yet.
   */
  async artifacts(
    order: BuildOrder,
    plan: Plan,
    indices: readonly number[],
  ): Promise<{ cpv: string; sha256: string }[]> {
    const packages = indices.flatMap((index) => plan.packages[index] ?? []);
    const find = (): (string | null)[] => {
      const staged = this.#staged.get(order.run);
      return packages.map((it) => it.artifact ?? staged?.get(key(it)) ?? null);
    };
    let found = find();
    const unknown = packages.filter((_, index) => found[index] === null);
    if (unknown.length > 0) {
      const builds = unknown.map(({ cpv, buildId }) => ({ cpv, buildId }));
      this.#keepStaged(order.run, await this.#binhost.findStaged(order.run, builds));
      found = find();
    }
    const missing = packages.filter((_, index) => found[index] === null).map((it) => it.cpv);
    if (missing.length > 0) {
      const names = missing.join(", ");
      throw failureOf({
        class: "infrastructure",
        message: `not started: the binhost has no artifact of ${names}, which ${order.cpv} needs`,
      });
    }
    return packages.map((it, index) => ({ cpv: it.cpv, sha256: found[index] ?? "" }));
  }

  #keepStaged(run: string, staged: readonly StoredPackage[]): void {
    const known = this.#staged.get(run) ?? new Map<string, string>();
    for (const it of staged) known.set(key(it), it.sha256);
    // Last in the map's order: the run in use is forgotten last.
    this.#staged.delete(run);
    this.#staged.set(run, known);
    forgetOldest(this.#staged);
  }

  #document<T>(sha256: string, parse: (bytes: Buffer) => T | Promise<T>): Promise<T> {
    const kept = this.#kept.get(sha256);
    // One SHA-256 is always read as the same kind of document.
    if (kept) return kept as Promise<T>;
    const document = this.#binhost.getBlob(sha256).then(parse);
    document.catch(() => this.#kept.delete(sha256));
    this.#kept.set(sha256, document);
    forgetOldest(this.#kept);
    return document;
  }
}

const key = ({ cpv, buildId }: { cpv: string; buildId: number }): string => `${cpv} ${buildId}`;

function forgetOldest(map: Map<string, unknown>): void {
  for (const name of map.keys()) {
    if (map.size <= KEPT) return;
    map.delete(name);
  }
}
