import { ApplicationFailure } from "@temporalio/common";
import type { Page } from "playwright-core";
import { test as base, expect } from "vitest";
import type { BuildFailure } from "../../model/failures.ts";
import { gatewayOf, putTarget } from "../gateway/support.ts";
import { findBrowser, keepPicture, launch, openPage } from "../support/browser.ts";
import { held, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { goTo, logIn, smallGraph, storedPlan } from "./support.ts";

const { path } = findBrowser();
const test = base.skipIf(path === null);
const RUN = "desktop-20261121-0101";
const PHONE = { viewport: { width: 375, height: 667 } };

const ERROR = "main.c:3:5: error: 'undeclared_thing' undeclared";
const numbered = (what: string, count: number) => Array.from({ length: count }, (_, i) => `${what} ${i}`);
/** As a compiler and Portage write: the error is far from the end, and in colours. */
const FAILED_LOG = [
  ...numbered("cc -O2 -c before", 400),
  `\u001b[1mmain.c:3:5:\u001b[0m \u001b[31merror:\u001b[0m 'undeclared_thing' undeclared`,
  ...numbered("note: after", 60),
  ...numbered(" * If you need support, post the output of emerge --info", 60),
];
const failure: BuildFailure = {
  ...{ class: "package", message: `compile phase: ${ERROR}`, phase: "compile", errorLine: ERROR },
  around: [...numbered("cc -O2 -c before", 400).slice(-20), ERROR, ...numbered("note: after", 20)],
};
/** On a phone each of its lines takes several rows. */
const LONG_LOG = numbered(
  "libtool: compile: x86_64-pc-linux-gnu-gcc -DHAVE_CONFIG_H -I. -I../include -O2 -pipe -o",
  1_600,
);

test("a reader is brought to the log and to the error in it, and stays at the end of a log; what must not be published, or has ended, has no button", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm, "anonymous = true\n");
  await putTarget(gateway.access);
  const { logs } = await gateway.access.binhost();
  const resolve = await storedPlan(gateway.access, smallGraph());
  await swarm.addDrone({
    ...{ name: "izar", slots: 4, resolve: () => resolve },
    build: async ({ run, cpv, attempt }) => {
      const failed = cpv === "wide/part2-1";
      const key = { run, cpv, attempt };
      const bytes = Buffer.from(`${(failed ? FAILED_LOG : LONG_LOG).join("\n")}\n`);
      await logs.append(key, { begun: 1, offset: 0, bytes });
      const why = failed ? { phase: "compile", errorLine: ERROR } : null;
      await logs.complete(key, { begun: 1, size: bytes.length, failed: why });
      if (failed) throw ApplicationFailure.create({ type: "package", nonRetryable: true, details: [failure] });
    },
  });
  await swarm.run({ run: RUN });
  await reaches(swarm, "gate");
  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, gateway.url, PHONE);
  const { page, problems } = opened;
  await logIn(page, gateway.tokens.operator);

  const card = page.locator("section.card", { has: page.getByRole("heading", { name: /^Failed/ }) });
  await card.getByText("The lines around it").click();
  await sees(page, "The lines around the error of wide/part2-1", ERROR);

  // Nothing is staged.
  await page.getByRole("button", { name: "Finalize without them…" }).click();
  const dialog = page.getByRole("dialog", { name: "It cannot be published" });
  await dialog.getByText(/counts 5 packages as received that the binhost does not have/).waitFor();
  expect(await dialog.getByRole("checkbox").count()).toBe(0);
  expect(await dialog.getByRole("button", { name: "Publish" }).count()).toBe(0);
  await page.keyboard.press("Escape");

  const log = "Log of wide/part2-1, attempt 1";
  await page.getByRole("link", { name: "Read the log of wide/part2-1" }).first().click();
  await page.getByRole("heading", { level: 1, name: "wide/part2-1" }).waitFor();
  await isReached(page, log);
  await sees(page, log, ERROR);
  await sees(page, "The lines around the error", ERROR);
  for (const _ of ["another address", "the same again"]) {
    await page.evaluate("scrollTo(0, 0); document.activeElement.blur()");
    await page.getByRole("link", { name: "Log of attempt 1" }).click();
    await isReached(page, log);
  }
  await keepPicture(page, "log-reached-phone");

  await goTo(page, `logs/${RUN}/wide/part2-1/1`);
  await sees(page, log, ERROR);
  const follows = page.getByRole("checkbox", { name: "Keep to the end" });
  expect(await follows.isChecked()).toBe(false);
  await follows.check();
  await expect.poll(() => leftBelow(page, log)).toBeLessThan(2);

  // So far out of sight when it comes that it is not laid out, and of another height when it is seen.
  await page.evaluate("document.body.style.paddingTop = '9000px'");
  const long = "Log of wide/part0-1, attempt 1";
  await goTo(page, "package/wide/part0-1");
  await page.getByLabel(long).waitFor();
  await drawn(page);
  await page.evaluate(`${box(long)}.scrollIntoView({ block: "end" })`);
  await drawn(page);
  await expect.poll(() => leftBelow(page, long)).toBeLessThan(2);
  expect(await follows.isChecked()).toBe(true);
  await page.evaluate(`${box(long)}.scrollTop -= 300`);
  await expect.poll(() => follows.isChecked()).toBe(false);

  const again = page.getByRole("button", { name: "Try again" });
  await goTo(page, "package/wide/part2-1");
  await again.waitFor();
  await swarm.current().executeUpdate("cancel", { args: [{ by: "a test" }] });
  await again.waitFor({ state: "detached" });
  expect(problems).toEqual([]);
});

test("how long ago something was is right also where the viewer's clock is not", async () => {
  const { build } = held();
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm, "anonymous = true\n");
  await putTarget(gateway.access);
  const resolve = await storedPlan(gateway.access, smallGraph());
  await swarm.addDrone({ name: "izar", slots: 4, build, resolve: () => resolve });
  await swarm.run({ run: RUN });
  await reaches(swarm, "build");
  await using browser = await launch(path ?? "");
  for (const off of [-600_000, 600_000]) {
    await using opened = await openPage(browser, "about:blank");
    const { page } = opened;
    await page.clock.install({ time: Date.now() + off });
    await page.goto(gateway.url);
    await page.getByText(/running for \d+s/).waitFor();
    await expect.poll(() => secondsIn(page, /running for (\d+)s\./)).toBeGreaterThan(0);
  }
});

async function secondsIn(page: Page, pattern: RegExp): Promise<number> {
  return Number(pattern.exec((await page.getByText(pattern).textContent()) ?? "")?.[1]);
}

async function drawn(page: Page): Promise<void> {
  await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
}

const box = (label: string) => `document.querySelector(${JSON.stringify(`section[aria-label="${label}"]`)})`;

/** Waits until a text is within what is seen of a box. */
async function sees(page: Page, label: string, text: string): Promise<void> {
  const isIn = `(() => {
    const box = ${box(label)};
    const mark = [...(box?.querySelectorAll("mark") ?? [])].find((one) => one.textContent === ${JSON.stringify(text)});
    if (mark === undefined) return "nothing";
    const [outer, inner] = [box.getBoundingClientRect(), mark.getBoundingClientRect()];
    return inner.top >= outer.top && inner.bottom <= outer.bottom ? "seen" : "elsewhere";
  })()`;
  await expect.poll(() => page.evaluate(isIn), { timeout: 5_000 }).toBe("seen");
}

/** Waits until a log has the focus and is in sight. */
async function isReached(page: Page, label: string): Promise<void> {
  const isThere = `(() => {
    const box = ${box(label)};
    const { top, bottom } = box?.getBoundingClientRect() ?? {};
    return [document.activeElement === box, top >= 0, bottom <= innerHeight].join();
  })()`;
  await expect.poll(() => page.evaluate(isThere), { timeout: 5_000 }).toBe("true,true,true");
}

/** Pixels of a log below what is seen of it. */
async function leftBelow(page: Page, label: string): Promise<number> {
  const left = `(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)(${box(label)})`;
  return await page.evaluate<number>(left);
}
