import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failed } from "../../bench/noop/drone.ts";
import { pkg } from "../../bench/noop/plan.ts";
import { type NoopSwarm, until } from "../../bench/noop/swarm.ts";
import { listRuns } from "../../operations/runs.ts";
import { gatewayOf, putTarget, type TestGateway } from "../gateway/support.ts";
import { findBrowser, launch, openPage } from "../support/browser.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { goTo, logIn, storedPlan } from "./support.ts";

const { path } = findBrowser();
/** How long what is awaited may take on a busy machine. */
const SOON = { timeout: 15_000 };
const LONG = `long-category/${"quite-a-long-name-".repeat(4)}x-1`;
const WORD = `_ZN${"4long".repeat(20)}`;
const WEB_UI = "http://127.0.0.1:1/temporal";

/** What has the focus: its name, or its text. */
const focused = (page: Page): Promise<string> =>
  page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent");

describe.skipIf(path === null)("on a page that changes by itself", () => {
  let swarm: NoopSwarm;
  let gateway: TestGateway;
  let browser: Browser;
  const waiting = new Map<string, () => void>();

  beforeAll(async () => {
    swarm = await noopSwarm({ drones: [] });
    gateway = await gatewayOf(swarm, `anonymous = true\nweb_ui = "${WEB_UI}"\n`);
    await putTarget(gateway.access);
    const names = ["a/one-1", "a/two-1", "a/three-1", "a/four-1"];
    const resolve = await storedPlan(gateway.access, { packages: [...names, LONG].map((name) => pkg(name)) });
    await swarm.addDrone({
      ...{ name: "izar", cores: 16, slots: 8, resolve: () => resolve },
      build: ({ cpv }, _drone, signal) =>
        new Promise((done, refuse) => {
          signal.addEventListener("abort", () => refuse(signal.reason), { once: true });
          if (cpv === LONG) refuse(failed("package", `compile phase: undefined reference to ${WORD}`));
          else waiting.set(cpv, done);
        }),
    });
    await swarm.run();
    await until("one has failed, four build", async () => {
      const { counts } = await swarm.view();
      return counts.failed === 1 && waiting.size === 4;
    });
    browser = await launch(path ?? "");
  });
  afterAll(async () => {
    await browser.close();
    await gateway[Symbol.asyncDispose]();
    await swarm.stop();
  });

  test("who uses the keyboard keeps his place: in a row that moves, and beside one that goes", async () => {
    await using opened = await openPage(browser, `${gateway.url}#/packages?sort=state`);
    const { page } = opened;
    const link = page.getByRole("link", { name: "a/one-1" });
    await link.focus();
    waiting.get("a/one-1")?.();
    await page.getByRole("row", { name: /a\/one-1.*done/ }).waitFor();
    expect(await focused(page)).toBe("a/one-1");

    await goTo(page, "overview");
    const building = page.getByRole("region", { name: "What is being built" });
    await building.getByRole("link", { name: "a/two-1" }).focus();
    waiting.get("a/two-1")?.();
    await building.getByRole("link", { name: "a/two-1" }).waitFor({ state: "detached" });
    await expect.poll(() => focused(page), SOON).toBe("What is being built");
  });

  test("long words stay within the page, and long names within their buttons", async () => {
    for (const width of [375, 1024]) {
      await using opened = await openPage(browser, gateway.url, { viewport: { width, height: 800 } });
      const { page } = opened;
      const button = page.getByRole("link", { name: `Read the log of ${LONG}` });
      await button.waitFor();
      const card = await page.getByRole("region", { name: "Next action" }).boundingBox();
      const box = await button.boundingBox();
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThan((card?.x ?? 0) + (card?.width ?? 0));
      const views = ["overview", `package/${LONG}`, "packages", "events", "logs"];
      for (const view of views) {
        await goTo(page, view);
        await page
          .getByText(new RegExp(view === "packages" ? LONG : WORD))
          .first()
          .waitFor();
        expect(await page.evaluate("document.documentElement.scrollWidth"), `${view} at ${width}`).toBe(width);
      }
    }
  });

  test("what came of an action is in sight, however far the page is scrolled", async () => {
    await using opened = await openPage(browser, `${gateway.url}#/drones`, { viewport: { width: 700, height: 260 } });
    const { page } = opened;
    await logIn(page, gateway.tokens.operator);
    const pause = page.getByRole("button", { name: /Pause/ }).first();
    await pause.waitFor();
    await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)");
    await page.getByRole("button", { name: "Compare only" }).click();
    const outcome = page.locator(".outcome");
    await outcome.waitFor();
    await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)");
    const box = await outcome.boundingBox();
    expect(box?.y).toBeGreaterThanOrEqual(0);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(260);
  });

  test("runs, logs and schedules lead to their own place in the engine's page", async () => {
    await using opened = await openPage(browser, `${gateway.url}#/history`);
    const { page } = opened;
    const [latest] = await listRuns(swarm.client, 1);
    const base = `${WEB_UI}/namespaces/${swarm.namespace}/workflows`;
    const run = page.getByRole("link", { name: `${latest?.run} in the Temporal Web UI (opens a new tab)` });
    expect(await run.getAttribute("href", SOON)).toBe(`${base}/world-update%2Fdesktop/${latest?.executionId}`);
    await goTo(page, `logs/${latest?.run}/a/three-1/1`);
    const log = page.getByRole("link", { name: "Attempt 1 of a/three-1 in the Temporal Web UI (opens a new tab)" });
    expect(await log.getAttribute("href", SOON)).toBe(`${base}/build%2F${latest?.run}%2Fa%2Fthree-1%2F1`);
  });
});
