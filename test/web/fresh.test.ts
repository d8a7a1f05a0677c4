import { ApplicationFailure } from "@temporalio/common";
import type { Page } from "playwright-core";
import { test as base, expect } from "vitest";
import { pkg } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import type { BuildFailure } from "../../model/failures.ts";
import type { PlanGraph } from "../../model/plan.ts";
import { gatewayOf, putTarget } from "../gateway/support.ts";
import { findBrowser, launch, openPage } from "../support/browser.ts";
import { held, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { fillBinhost, goTo, smallGraph, storedPlan } from "./support.ts";

const { path } = findBrowser();
const test = base.skipIf(path === null);

const failure: BuildFailure = { class: "package", message: "compile phase: no", phase: "compile", errorLine: "no" };
const notCompiled = ApplicationFailure.create({ type: "package", nonRetryable: true, details: [failure] });
/** The same packages, and nothing needs anything. */
const loose: PlanGraph = { packages: smallGraph().packages.map(({ cpv }) => pkg(cpv)) };

test("what an open page was told when it was opened follows the run: why a package waits, the critical path, a log, a chosen bar, the graph of the next run", async () => {
  const gates = new Map(
    smallGraph().packages.map(({ cpv }) => [
      cpv,
      held(async () => {
        if (cpv === "wide/part2-1") throw notCompiled;
      }),
    ]),
  );
  const release = (cpv: string) => gates.get(cpv)?.release();
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm, "anonymous = true\n");
  await putTarget(gateway.access);
  const answers = [await storedPlan(gateway.access, smallGraph()), await storedPlan(gateway.access, loose)] as const;
  let resolve: (typeof answers)[number] = answers[0];
  await swarm.addDrone({
    ...{ name: "izar", slots: 4, resolve: () => resolve },
    build: async (order, drone, signal) => await gates.get(order.cpv)?.build(order, drone, signal),
  });
  await swarm.run({ run: "desktop-1" });
  await until("three builds", async () => (await swarm.view()).counts.delegated === 3);
  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, `${gateway.url}/#/package/chain/link2-1`);
  const { page, problems } = opened;

  const why = page.locator("section.card", { has: page.getByRole("heading", { name: "Why it waits" }) });
  await why.getByText(/chain\/link1-1/).waitFor();
  const before = await why.textContent();
  const needs = page.locator("section.card", { has: page.getByRole("heading", { name: "Needs (1)" }) });
  await needs.getByText("queued").waitFor();
  release("chain/link0-1");
  await needs.getByText("building").waitFor();
  await expect.poll(() => why.textContent()).not.toBe(before);

  await goTo(page, "graph");
  const link = page.getByRole("link", { name: "Around chain/link2-1" });
  await link.focus();
  const asked = page.waitForResponse((response) => response.url().includes("/graph"));
  release("chain/link1-1");
  await page.locator("li", { has: link }).getByText("building").waitFor();
  await page.getByText("2 of 6 packages built.").waitFor();
  await asked;
  await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
  expect(await focused(page)).toBe("Around chain/link2-1");
  // What was followed is gone from the picture.
  await link.press("Enter");
  await page.getByRole("heading", { name: "Needs 1", exact: true }).waitFor();
  await page.getByRole("link", { name: /link1-1/ }).press("Enter");
  await page.getByRole("heading", { name: /Needed by 1/ }).waitFor();
  expect(await focused(page)).toBe("Graph around chain/link1-1");

  await goTo(page, "logs/desktop-1/wide/part2-1/1");
  await page.getByRole("heading", { level: 1, name: "wide/part2-1" }).waitFor();
  release("wide/part2-1");
  await page.getByText("failed in compile").waitFor();

  await goTo(page, "timeline");
  await page.getByRole("application", { name: /Timeline of 6 builds/ }).focus();
  const details = page.locator(".details");
  for (let i = 0; i < 6 && !(await details.getByText("chain/link2-1").count()); i++) {
    await page.keyboard.press("ArrowRight");
  }
  await details.getByText("building").waitFor();
  await details.getByText(/so far/).waitFor();
  expect(await details.locator("[aria-live]").textContent()).not.toMatch(/so far|\ds/);
  release("chain/link2-1");
  await details.getByText(/: done/).waitFor();

  await goTo(page, "graph?around=chain%2Flink1-1");
  await page.getByRole("heading", { name: "Needs 1", exact: true }).waitFor();
  release("wide/part0-1");
  release("wide/part1-1");
  await reaches(swarm, "gate");
  await swarm.current().executeUpdate("cancel", { args: [{ by: "a test" }] });
  await swarm.current().result();
  resolve = answers[1];
  await swarm.run({ run: "desktop-2" });
  await page.getByRole("heading", { name: "Needs 1", exact: true }).waitFor({ state: "detached" });
  await page.getByRole("link", { name: /link1-1/ }).waitFor();
  expect(problems).toEqual([]);
});

test("a snapshot that is published or rolled back to elsewhere is the current one on an open page", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm, "anonymous = true\n");
  const { store } = gateway.access;
  await putTarget(gateway.access);
  await fillBinhost(gateway.access);
  const [newer, older] = await store.snapshots("desktop");
  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, `${gateway.url}/#/snapshots`);
  const { page, problems } = opened;
  const current = page.getByRole("row").filter({ hasText: "current" });
  await current.getByRole("link", { name: newer?.id ?? "", exact: true }).waitFor();
  await store.rollback("desktop", older?.id ?? "");
  await current.getByRole("link", { name: older?.id ?? "", exact: true }).waitFor();
  expect(problems).toEqual([]);
});

async function focused(page: Page): Promise<string> {
  return await page.evaluate<string>("document.activeElement?.textContent?.trim() ?? ''");
}
