import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { ApplicationFailure } from "@temporalio/common";
import { expect } from "vitest";
import { createDroneActivities, type DroneActivities } from "../../../activities/drone/activities.ts";
import { type Attempt, attemptOf } from "../../../activities/drone/attempt.ts";
import type { ActivityContext } from "../../../activities/drone/context.ts";
import { type BuildOrder, type BuildProgress, type BuiltArtifact, uploadId } from "../../../model/build.ts";
import type { BuildFailure } from "../../../model/failures.ts";
import type { Plan } from "../../../model/plan.ts";
import type { TreeSource } from "../../../model/target.ts";
import { parsePlan } from "../../../portage/planFile.ts";
import { BinhostClient } from "../../../store/client.ts";
import { createBinhostServer } from "../../../store/server.ts";
import { openStore, type PackageStore } from "../../../store/store.ts";
import { testPortage } from "../../support/portage.ts";
import { makeTree, type TestTree, type TreePackage, treeTarget } from "../../support/tree.ts";

export const RUN = "desktop-20261121-0101";
const TOKEN = "a token for tests";
/** For what a busy machine does in its time. */
export const eventually = { timeout: 30_000, interval: 50 };

/** What Temporal would give to an activity, in the hands of a test. */
export class TestContext implements ActivityContext {
  readonly beats: unknown[] = [];
  readonly #controller = new AbortController();
  #reason: "cancelled" | "detached" = "cancelled";

  get signal(): AbortSignal {
    return this.#controller.signal;
  }
  heartbeat(details?: unknown): void {
    this.beats.push(details);
  }
  reason(): "cancelled" | "detached" {
    return this.#reason;
  }
  end(reason: "cancelled" | "detached"): void {
    this.#reason = reason;
    this.#controller.abort(new Error(reason));
  }
  progress(): BuildProgress | undefined {
    return this.beats.at(-1) as BuildProgress | undefined;
  }
}

/** One life of a drone: `lives` again on the same directory is a restart. */
export interface Life {
  activities: DroneActivities;
  logged: string[];
  /** Starts an activity in a context that the test can end. */
  within<T>(work: (activities: DroneActivities) => Promise<T>): { context: TestContext; done: Promise<T> };
}

/** A binhost over HTTP, a tree, and a drone's directory. */
export interface Yard {
  directory: string;
  store: PackageStore;
  client: BinhostClient;
  tree: TestTree;
  plan: Plan;
  /** What was asked of the binhost: method and path. */
  requests: string[];
  live(more?: Partial<{ lowDiskGib: number; dir: string; logLimitBytes: number }>): Promise<Life>;
  order(cpv: string, more?: Partial<BuildOrder>): BuildOrder;
  /** The places of an order's attempt, in the drone's own directory. */
  attempt(order: BuildOrder): Attempt;
  /** Builds, uploads and has it accepted, as buildPackage does. */
  deliver(life: Life, cpv: string): Promise<BuiltArtifact>;
  /** The binhost is away while `during` runs. */
  outage(during: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export async function openYard(packages: readonly TreePackage[], world: string[]): Promise<Yard> {
  const directory = await mkdtemp(join(tmpdir(), "swarm-drone-"));
  const store = await openStore(join(directory, "binhost"), { name: "main" });
  const requests: string[] = [];
  const serve = async (port: number) => {
    const server = createBinhostServer(store, { token: TOKEN, name: "main" });
    server.addHook("onRequest", async ({ method, url }) => void requests.push(`${method} ${url}`));
    return { server, url: await server.listen({ host: "127.0.0.1", port }) };
  };
  let { server, url } = await serve(0);
  const client = new BinhostClient(url, TOKEN);
  const tree = await makeTree(directory, packages);
  const bundle = await client.putBlob(Buffer.from(JSON.stringify(treeTarget(tree, world))));
  await client.putTarget("desktop", bundle);
  const portage = await testPortage();

  const prefixLength = 96;
  const live: Yard["live"] = async ({
    lowDiskGib = 0,
    dir = join(directory, "drone"),
    logLimitBytes = 2 ** 24,
  } = {}) => {
    const logged: string[] = [];
    let current = new TestContext();
    const activities = await createDroneActivities({
      drone: {
        ...{ name: "izar", dir, lowDiskGib, cores: 16, slots: 2, maxJobs: cpus().length },
        ...{ prefixLength, distfiles: [tree.distfiles], autoReboot: false },
        ...{ coresLimit: cpus().length, memoryGib: 4, exclude: [], only: ["dev-libs/*"] },
      },
      ...{ portage, binhost: client, keepLogsDays: 30, logLimitBytes },
      log: (message: string) => logged.push(message),
      context: () => current,
    });
    return {
      ...{ activities, logged },
      within(work) {
        const context = new TestContext();
        current = context;
        const done = work(activities);
        // A test that fails before it awaits this has said enough.
        done.catch(() => {});
        return { context, done };
      },
    };
  };

  const trees: TreeSource[] = [{ name: tree.name, sync: "directory", uri: tree.location }];
  const { activities } = await live();
  const request = { run: RUN, target: "desktop", bundle, trees };
  const synced = await activities.syncTree({ ...request, fetch: true, pin: null });
  const atoms = ["@world"];
  const resolved = await activities.resolvePlan({ ...request, tree: synced.tree, snapshot: null, atoms });
  const plan = await parsePlan(await client.getBlob(resolved.plan));

  const order: Yard["order"] = (cpv, more = {}) => ({
    ...{ run: RUN, target: "desktop", plan: resolved.plan, tree: synced.tree, bundle, cpv },
    ...{ index: plan.packages.findIndex((it) => it.cpv === cpv), attempt: 1, jobs: 2, nice: 0, noOutputSeconds: 600 },
    ...more,
  });
  return {
    ...{ directory, store, client, tree, plan, requests, live, order },
    attempt: (of) => attemptOf({ dir: join(directory, "drone"), prefixLength }, of),
    async deliver(life, cpv) {
      const wanted = order(cpv);
      const artifact = await life.activities.build(wanted);
      await life.activities.upload({ order: wanted, artifact });
      const expected = plan.packages[wanted.index];
      if (!expected) throw new Error(`${cpv} is not in the plan`);
      const { size, sha256 } = artifact;
      const verdict = await store.acceptUpload({
        id: uploadId(wanted),
        run: RUN,
        target: "desktop",
        expected,
        size,
        sha256,
      });
      if ("rejected" in verdict) throw new Error(verdict.rejected);
      await life.activities.discard(wanted);
      return artifact;
    },
    async outage(during) {
      server.server.closeAllConnections();
      await server.close();
      await during();
      ({ server } = await serve(Number(new URL(url).port)));
    },
    async close() {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** How a build failed that must fail. */
export async function failureOf(work: Promise<unknown>): Promise<BuildFailure> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApplicationFailure)) throw new Error(`not a classified failure: ${error}`);
  expect(error.nonRetryable).toBe(true);
  const failure = error.details?.[0] as BuildFailure;
  expect(error.type).toBe(failure.class);
  return failure;
}
