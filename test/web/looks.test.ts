import { ApplicationFailure } from "@temporalio/common";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hang } from "../../bench/noop/drone.ts";
import type { NoopSwarm } from "../../bench/noop/swarm.ts";
import { until } from "../../bench/noop/swarm.ts";
import type { BuildFailure } from "../../model/failures.ts";
import { addSchedule } from "../../operations/schedules.ts";
import { gatewayOf, putTarget, type TestGateway } from "../gateway/support.ts";
import type { TestAccess } from "../support/access.ts";
import { findBrowser, keepPicture, launch, openPage } from "../support/browser.ts";
import { Builds } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { findings } from "./axe.ts";
import { fillBinhost, goTo, logIn, smallGraph, storedPlan } from "./support.ts";

const { path } = findBrowser();

const RUN = "desktop-20261121-0101";
const VIEWS = [
  "overview",
  "drones",
  "timeline",
  "graph",
  "graph?around=chain%2Flink0-1",
  "packages",
  "package/chain/link0-1",
  "package/wide/part2-1",
  "logs",
  "logs?phase=compile",
  `logs/${RUN}/wide/part2-1/1`,
  "snapshots",
  "snapshots/20261108T030000Z-desktop-2?from=20261101T030000Z-desktop-1",
  "schedules",
  "history",
  "history?package=chain%2Flink0",
  "events",
];

describe.skipIf(path === null)("every view", () => {
  let swarm: NoopSwarm;
  let gateway: TestGateway;
  let browser: Browser;

  beforeAll(async () => {
    const builds = new Builds(async (order, drone, signal) => {
      if (order.cpv === "wide/part2-1") throw notCompiled;
      if (order.cpv === "chain/link1-1") await hang(order, drone, signal);
    });
    swarm = await noopSwarm({ drones: [] });
    gateway = await gatewayOf(swarm, "anonymous = true\n");
    await putTarget(gateway.access);
    await fillBinhost(gateway.access);
    await scheduleAndLog(gateway.access);
    const resolve = await storedPlan(gateway.access, smallGraph());
    for (const name of ["izar", "tarn"]) {
      await swarm.addDrone({ name, slots: 4, build: builds.build, resolve: () => resolve });
    }
    await swarm.run({ run: RUN });
    await until("all but one chain is built", async () => {
      const view = await swarm.view().catch(() => null);
      return view !== null && view.counts.failed === 1 && view.counts.delegated === 1 && view.counts.received === 3;
    });
    browser = await launch(path ?? "");
  });

  afterAll(async () => {
    await browser?.close();
    await gateway?.[Symbol.asyncDispose]();
    await swarm?.stop();
  });

  test.each(["light", "dark"] as const)(
    "has no serious finding of axe-core and breaks no policy: %s",
    async (colorScheme) => {
      await using opened = await openPage(browser, gateway.url, { colorScheme });
      const { page, problems } = opened;
      await page.getByText("Live", { exact: true }).waitFor();
      const found: string[] = [];
      for (const view of VIEWS) {
        await show(page, view);
        found.push(...(await findings(page)).map((finding) => `${view}: ${finding}`));
        await keepPicture(page, `${nameOf(view)}-${colorScheme}`);
      }
      await page.getByRole("button", { name: "Log in", exact: true }).click();
      found.push(...(await findings(page)).map((finding) => `log in: ${finding}`));
      await page.keyboard.press("Escape");
      await logIn(page, gateway.tokens.operator);
      await show(page, "overview");
      found.push(...(await findings(page)).map((finding) => `as an operator: ${finding}`));
      await show(page, "schedules");
      for (const name of ["Add a schedule…", "Pause nightly", "Remove nightly"]) {
        await page.getByRole("button", { name }).click();
        await page.getByRole("dialog").waitFor();
        found.push(...(await findings(page)).map((finding) => `${name}: ${finding}`));
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
      }
      expect(found).toEqual([]);
      expect(problems).toEqual([]);
    },
  );

  test("is no wider than a phone, and everything of its menu can be reached there", async () => {
    const phone = { viewport: { width: 375, height: 812 }, hasTouch: true, isMobile: true };
    await using opened = await openPage(browser, gateway.url, phone);
    const { page, problems } = opened;
    await page.getByText("Live", { exact: true }).waitFor();
    await logIn(page, gateway.tokens.operator);
    const wide: string[] = [];
    for (const view of VIEWS) {
      await show(page, view);
      const width = await page.evaluate<number>("document.documentElement.scrollWidth");
      if (width > 375) wide.push(`${view}: ${width} px`);
      await keepPicture(page, `${nameOf(view)}-phone`);
    }
    expect(wide).toEqual([]);
    await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Events" }).click();
    await page.getByRole("heading", { level: 1, name: "Events and alerts" }).waitFor();
    expect(problems).toEqual([]);
  });

  test("keeps the colours that were chosen, whatever the device asks for", async () => {
    await using opened = await openPage(browser, gateway.url, { colorScheme: "light" });
    const { page } = opened;
    const background = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    const bright = await background();
    await page.getByLabel("Colours").selectOption("dark");
    const dark = await background();
    expect(dark).not.toBe(bright);
    await page.reload();
    await page.getByLabel("Colours").waitFor();
    expect(await background()).toBe(dark);
    await page.emulateMedia({ colorScheme: "dark" });
    await page.getByLabel("Colours").selectOption("light");
    expect(await background()).toBe(bright);
  });

  test("is walked through with the keyboard: the skip link, the menu, the dialog and back", async () => {
    await using opened = await openPage(browser, gateway.url);
    const { page } = opened;
    await page.getByText("Live", { exact: true }).waitFor();
    const focused = () => page.evaluate<string>("document.activeElement?.textContent?.trim() ?? ''");
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement?.id")).toBe("main");
    await expect.poll(() => new URL(page.url()).hash).toBe("");
    await page.getByRole("link", { name: "Drones", exact: true }).first().focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Drones" }).waitFor();
    await expect.poll(focused).toBe("Drones");
    await page.getByRole("button", { name: "Log in", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    expect(await focused()).toBe("Log in");
  });
});

/** A build that failed with its excerpt. */
const around = ["gcc -c main.c", "main.c:3: error: undeclared_thing undeclared", "make: *** [main.o] Error 1"];
const told: BuildFailure = {
  ...{ class: "package", message: "compile phase: undeclared_thing undeclared", phase: "compile" },
  ...{ errorLine: around[1] ?? "", around },
};
const notCompiled = ApplicationFailure.create({ type: "package", nonRetryable: true, details: [told] });

async function scheduleAndLog(access: TestAccess): Promise<void> {
  const nightly = {
    name: "nightly",
    cron: "0 2 * * *",
    timezone: "Europe/Vienna",
    atoms: ["@world"],
    catchUp: 3_600_000,
  };
  await addSchedule(access, { ...nightly, autoFinalize: true, acceptFailed: false });
  const { logs } = await access.binhost();
  const key = { run: RUN, cpv: "wide/part2-1", attempt: 1 };
  const bytes = Buffer.from(`\x1b[32m>>>\x1b[0m Compiling\n${around.join("\n")}\n`);
  await logs.append(key, { begun: 1, offset: 0, bytes });
  await logs.complete(key, { begun: 1, size: bytes.length, failed: { phase: "compile", errorLine: around[1] ?? "" } });
}

/** Goes to a view and waits until it has what it asks the gateway for. */
async function show(page: Page, view: string): Promise<void> {
  await goTo(page, view);
  const asking = page.getByText(/^(Asking|Reading|Comparing|Looking)/);
  await expect.poll(() => asking.count(), { timeout: 30_000 }).toBe(0);
}

function nameOf(view: string): string {
  return view.replaceAll(/[^a-z0-9]+/gi, "-");
}
