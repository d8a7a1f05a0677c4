import { test as base, expect } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import { gatewayOf, putTarget } from "../gateway/support.ts";
import { findBrowser, launch, openPage } from "../support/browser.ts";
import { held, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { logIn, smallGraph, storedPlan } from "./support.ts";

const { path } = findBrowser();
const test = base.skipIf(path === null);

test("what was asked about one run never hits another: the dialog says which run it is about, and closes when another one is shown", async () => {
  const { build } = held();
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm, "anonymous = true\n");
  const resolve = await storedPlan(gateway.access, smallGraph());
  await putTarget(gateway.access);
  await putTarget(gateway.access, "laptop");
  await swarm.addDrone({ name: "izar", slots: 4, build, resolve: () => resolve });
  await swarm.run();
  const { run: first } = await reaches(swarm, "build");
  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, gateway.url);
  const { page, problems } = opened;
  await logIn(page, gateway.tokens.operator);
  const heading = page.getByRole("heading", { level: 1 });
  await heading.filter({ hasText: first }).waitFor();

  await page.getByRole("button", { name: "Cancel…" }).click();
  const dialog = page.getByRole("dialog", { name: `Cancel ${first}?` });
  await dialog.waitFor();
  await swarm.current().executeUpdate("cancel", { args: [{ by: "a test" }] });
  await swarm.run({ run: "laptop-1", target: "laptop" });
  await heading.filter({ hasText: "laptop-1" }).waitFor();
  await dialog.waitFor({ state: "detached" });
  await page.getByText(`This page shows laptop-1 by now, not ${first}.`).first().waitFor();
  expect((await swarm.view("laptop")).endedAt).toBeNull();

  // Each request names the run that it is about: so the gateway can refuse it too.
  const asked = page.waitForRequest((request) => request.method() === "POST");
  await page.getByRole("button", { name: "Pause…" }).click();
  const pause = page.getByRole("dialog", { name: "Pause laptop-1?" });
  await pause.getByRole("button", { name: "Pause" }).click();
  await pause.waitFor({ state: "detached" });
  const request = await asked;
  expect([new URL(request.url()).pathname, request.postDataJSON()]).toEqual([
    "/api/v1/runs/laptop/pause",
    { run: "laptop-1" },
  ]);
  await until("the run is paused", async () => (await swarm.view("laptop")).paused !== null);
  expect(problems).toEqual([]);
});
