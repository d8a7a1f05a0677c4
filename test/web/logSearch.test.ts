import { ApplicationFailure } from "@temporalio/common";
import { test as base, expect } from "vitest";
import type { BuildFailure } from "../../model/failures.ts";
import type { LogFailure } from "../../model/logs.ts";
import { gatewayOf, putTarget } from "../gateway/support.ts";
import { attemptAt } from "../store/historySupport.ts";
import { findBrowser, keepPicture, launch, openPage } from "../support/browser.ts";
import { reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { goTo, smallGraph, storedPlan } from "./support.ts";

const { path } = findBrowser();
const test = base.skipIf(path === null);
const RUN = "desktop-20261121-0101";
const PAST = "desktop-20261120-0101";

const FAILURES: Record<string, Pick<BuildFailure, "phase" | "errorLine"> & { phase: string; errorLine: string }> = {
  "wide/part0-1": { phase: "compile", errorLine: "main.c:3: error: undeclared_thing undeclared" },
  "wide/part2-1": { phase: "test", errorLine: "1 of 7 tests failed" },
};

test("failed builds are searched by phase, with their error lines; from there, and from past runs, one comes to the logs", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm, "anonymous = true\n");
  await putTarget(gateway.access);
  const { logs } = await gateway.access.binhost();
  const bring = async (run: string, cpv: string, text: string, failed: LogFailure | null) => {
    const key = { run, cpv, attempt: 1 };
    await logs.append(key, { begun: 1, offset: 0, bytes: Buffer.from(text) });
    await logs.complete(key, { begun: 1, size: text.length, failed });
  };
  const resolve = await storedPlan(gateway.access, smallGraph());
  await swarm.addDrone({
    ...{ name: "izar", slots: 4, resolve: () => resolve },
    build: async ({ run, cpv, attempt }) => {
      const failed = FAILURES[cpv] ?? null;
      if (attempt === 1) await bring(run, cpv, `>>> the log of ${cpv}\n`, failed);
      if (!failed) return;
      const failure: BuildFailure = {
        ...{ class: "package", message: "it did not work", around: ["before", failed.errorLine, "after"], ...failed },
      };
      throw ApplicationFailure.create({ type: "package", nonRetryable: true, details: [failure] });
    },
  });
  await swarm.run({ run: PAST });
  await reaches(swarm, "gate");
  await swarm.current().executeUpdate("cancel", { args: [{ by: "a test" }] });
  await swarm.current().result();
  await swarm.run({ run: RUN });
  await reaches(swarm, "gate");
  gateway.access.store.history.import([attemptAt(29_000_000, { run: PAST, cpv: "chain/link0-1" })]);

  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, `${gateway.url}/#/logs`);
  const { page, problems } = opened;
  const card = page.locator("section.card").filter({ has: page.getByRole("heading", { name: "Failed builds" }) });
  await card.getByText("undeclared_thing undeclared").first().waitFor();
  await card.getByText("1 of 7 tests failed").first().waitFor();
  await card.getByLabel("Phase").selectOption("compile");
  await card.getByText("1 of 7 tests failed").first().waitFor({ state: "detached" });
  await expect.poll(() => new URL(page.url()).hash).toBe("#/logs?phase=compile");
  await card.getByText("The lines around it").first().click();
  await card
    .getByRole("region", { name: /The lines around the error of wide\/part0-1/ })
    .first()
    .getByText("after")
    .waitFor();
  await keepPicture(page, "log-search");
  await card.getByRole("link", { name: /^wide\/part0-1 log of attempt 1$/ }).click();
  await page.getByRole("heading", { level: 1, name: "wide/part0-1" }).waitFor();
  await page.getByLabel("Log of wide/part0-1, attempt 1").getByText(">>> the log of wide/part0-1").waitFor();

  // All logs that are kept, by name.
  await goTo(page, "logs");
  const all = page.getByRole("region", { name: `Logs of ${RUN}` });
  await all.getByRole("link", { name: "chain/link0-1" }).waitFor();
  await page.getByRole("searchbox").fill("part0");
  await all.getByRole("link", { name: "chain/link0-1" }).waitFor({ state: "detached" });
  await all.getByRole("link", { name: "wide/part0-1" }).first().waitFor();

  // A run of the past: from the history to its logs.
  await goTo(page, "history");
  await page.getByRole("link", { name: `Logs of ${PAST}` }).click();
  await page.getByRole("region", { name: `Logs of ${PAST}` }).waitFor();
  await expect.poll(() => page.getByRole("combobox", { name: /^Run/ }).inputValue()).toBe(PAST);
  await card.getByText("1 of 7 tests failed").first().waitFor();
  await card.getByRole("link", { name: /^wide\/part2-1 log of attempt 1$/ }).click();
  await page.getByLabel("Log of wide/part2-1, attempt 1").getByText(">>> the log of wide/part2-1").waitFor();
  await page.getByText("failed in test").waitFor();
  expect(new URL(page.url()).hash).toBe(`#/logs/${PAST}/wide/part2-1/1`);
  await goTo(page, "history?package=chain%2Flink0");
  await page.getByRole("link", { name: `Log of attempt 1 of chain/link0-1 in ${PAST}` }).click();
  await page.getByLabel("Log of chain/link0-1, attempt 1").getByText(">>> the log of chain/link0-1").waitFor();
  expect(problems).toEqual([]);
});
