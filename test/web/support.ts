import type { Page } from "playwright-core";
import { chain, pkg, resolved } from "../../bench/noop/plan.ts";
import type { PlanGraph } from "../../model/plan.ts";
import { EDGE, type Plan } from "../../model/plan.ts";
import { planBytes } from "../../portage/planFile.ts";
import { attemptAt, failureAt } from "../store/historySupport.ts";
import { stagePackage } from "../store/support.ts";
import type { TestAccess } from "../support/access.ts";

/** A plan whose graph is this one, in the binhost of the gateway; what a drone's resolver answers with it. */
export async function storedPlan({ store }: TestAccess, graph: PlanGraph) {
  const plan: Plan = {
    ...{ target: "desktop", tree: "git:0", bundle: "c".repeat(64), snapshot: null, unresolvable: [], notices: [] },
    packages: graph.packages.map(({ cpv, build, run }) => ({
      ...{ cpv, slot: "0", subslot: "0", repository: "demo", use: [], iuse: [], chost: "x86_64-pc-linux-gnu" },
      ...{ settings: {}, buildId: 1, artifact: null, sourceBytes: 100_000, restrict: [] },
      needed: { kind: "new", text: "not in the snapshot" },
      edges: [
        ...build.map((to): [number, number] => [to, EDGE.BUILD]),
        ...run.map((to): [number, number] => [to, EDGE.RUN]),
      ],
    })),
  };
  return { ...resolved(graph), plan: await store.putBlob(planBytes(plan)) };
}

/** A small plan with a chain in it, and packages beside. */
export function smallGraph(): PlanGraph {
  const links = chain(3).packages;
  return { packages: [...links, pkg("wide/part0-1"), pkg("wide/part1-1", [0]), pkg("wide/part2-1")] };
}

/** Stages what a run has built: drones whose builds are no-ops upload nothing. */
export async function stageAll(
  { store }: Pick<TestAccess, "store">,
  run: string,
  { packages }: PlanGraph,
): Promise<void> {
  for (const { cpv } of packages) await stagePackage(store, run, { cpv });
}

/** What earlier runs would have left: two snapshots, and the history of a package. */
export async function fillBinhost({ store }: TestAccess): Promise<void> {
  const bundle = (await store.targets())[0]?.bundle ?? "";
  const publish = async (run: string, cpvs: string[], createdAt: string): Promise<void> => {
    for (const cpv of cpvs) await stagePackage(store, run, { cpv });
    await store.publish({ target: "desktop", run, tree: "git:abc", bundle, createdAt });
  };
  await publish("desktop-1", ["chain/link0-0.9", "wide/old-1"], "2026-11-01T03:00:00Z");
  await publish("desktop-2", ["chain/link0-1", "wide/part0-1"], "2026-11-08T03:00:00Z");
  const minutes = Array.from({ length: 12 }, (_, i) => 29_000_000 + i * 10_080);
  store.history.import([
    ...minutes.map((at, i) => attemptAt(at, { cpv: `chain/link0-${i % 3}`, endedAt: (at + 2 + (i % 5)) * 60_000 })),
    failureAt(29_000_500, { cpv: "chain/link0-1", drone: "tarn" }),
  ]);
}

/** Logs in with a token, as a person does. */
export async function logIn(page: Page, token: string): Promise<void> {
  await page.getByRole("button", { name: "Log in", exact: true }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Token").fill(token);
  await dialog.getByRole("button", { name: "Log in" }).click();
  await dialog.waitFor({ state: "hidden" });
}

/** Goes to a view by its address, and waits until it is drawn. */
export async function goTo(page: Page, view: string): Promise<void> {
  const hash = JSON.stringify(`#/${view}`);
  await page.evaluate(`new Promise((resolve) => {
    const drawn = () => requestAnimationFrame(() => requestAnimationFrame(resolve));
    if (location.hash === ${hash}) return drawn();
    addEventListener("hashchange", drawn, { once: true });
    location.hash = ${hash};
  })`);
}
