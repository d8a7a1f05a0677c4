import { ApplicationFailure } from "@temporalio/common";
import { test as base, expect } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import { atomsIn } from "../../web/src/lib/atoms.ts";
import { gatewayOf, putTarget } from "../gateway/support.ts";
import { stagePackage } from "../store/support.ts";
import { findBrowser, keepPicture, launch, openPage } from "../support/browser.ts";
import { held, reaches } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { findings } from "./axe.ts";
import { logIn, smallGraph, storedPlan } from "./support.ts";

const { path } = findBrowser();
const test = base.skipIf(path === null);

base("atoms are read with commas, spaces or lines between; commas of USE flags are theirs", () => {
  expect(atomsIn(" app-editors/vim, dev-vcs/git\n>=a/b-1[x,-y] @world,")).toEqual([
    "app-editors/vim",
    "dev-vcs/git",
    ">=a/b-1[x,-y]",
    "@world",
  ]);
  expect(atomsIn(" , ")).toEqual([]);
});

test("an operator queues packages for after a run, with the keyboard alone, and takes them back; a viewer does not", async () => {
  const { build } = held();
  await using swarm = await noopSwarm({ plan: smallGraph(), drones: [{ name: "izar", build }] });
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  await swarm.run({ run: "desktop-1" });
  await reaches(swarm, "build");
  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, gateway.url);
  const { page, problems } = opened;
  const queue = page.getByRole("button", { name: "Queue packages…" });
  const dialog = page.getByRole("dialog", { name: "Queue packages" });
  await logIn(page, gateway.tokens.viewer);
  await queue.waitFor();
  expect(await queue.getAttribute("aria-disabled")).toBe("true");
  await page.getByRole("button", { name: "Log out" }).click();
  await logIn(page, gateway.tokens.operator);

  await queue.and(page.locator("[aria-disabled=false]")).focus();
  await page.keyboard.press("Enter");
  await dialog.waitFor();
  expect(await findings(page)).toEqual([]);
  await keepPicture(page, "queue-packages");
  const send = async (): Promise<void> => {
    await dialog.getByRole("button", { name: "Queue them" }).focus();
    await page.keyboard.press("Enter");
  };
  await send();
  await dialog.getByRole("alert").getByText("Name at least one package, or @world.").waitFor();
  const atoms = dialog.getByLabel("What is updated then");
  await atoms.focus();
  await page.keyboard.type("nonsense");
  await send();
  await dialog
    .getByRole("alert")
    .getByText(/nonsense/)
    .waitFor();
  await atoms.fill("app-editors/vim, dev-vcs/git");
  await send();
  await dialog.waitFor({ state: "detached" });
  expect(await page.evaluate("document.activeElement?.textContent")).toBe("Queue packages…");
  await page.getByText("Queued for after it: app-editors/vim, dev-vcs/git (a-operator)").waitFor();
  expect((await swarm.view()).queued).toMatchObject([{ atoms: ["app-editors/vim", "dev-vcs/git"], by: "a-operator" }]);

  const clear = page.getByRole("button", { name: "Clear the queue…" });
  const sure = page.getByRole("dialog", { name: "Clear the queue?" });
  await clear.click();
  await sure.getByText("app-editors/vim, dev-vcs/git (a-operator)").waitFor();
  expect(await findings(page)).toEqual([]);
  await sure.getByRole("button", { name: "Not now" }).click();
  expect((await swarm.view()).queued).toHaveLength(1);
  await clear.click();
  await sure.getByRole("button", { name: "Take it back" }).click();
  await page.getByText("Taken back: app-editors/vim, dev-vcs/git (a-operator).").first().waitFor();
  await clear.waitFor({ state: "detached" });
  expect((await swarm.view()).queued).toBeUndefined();
  expect(problems).toEqual([]);
});

test("a run is tried first: its plan is forecast, and nothing is built; then it is started for some packages", async () => {
  const { build } = held();
  const asked: string[][] = [];
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  const resolve = await storedPlan(gateway.access, smallGraph());
  await swarm.addDrone({
    ...{ name: "izar", cores: 4, slots: 4, build },
    resolve: ({ atoms }) => {
      asked.push(atoms);
      return resolve;
    },
  });
  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, gateway.url);
  const { page, problems } = opened;
  await logIn(page, gateway.tokens.operator);
  const begin = page.getByRole("button", { name: "Start an update…" });
  const dialog = page.getByRole("dialog", { name: "Start an update?" });
  await begin.click();
  await dialog.getByLabel("Publish by itself when everything was built").check();
  await dialog.getByLabel("Only try it").check();
  expect(await dialog.getByLabel("Publish by itself").count()).toBe(0);
  expect(await findings(page)).toEqual([]);
  await keepPicture(page, "start-an-update");
  await dialog.getByRole("button", { name: "Try it" }).click();
  await dialog.waitFor({ state: "detached" });

  const forecast = page.locator("section.card", { has: page.getByRole("heading", { name: "Forecast" }) });
  await forecast.getByText("6 packages in 3 waves, about").waitFor();
  await forecast.getByText(/^On 1 verified drone with 4 cores: about \d/).waitFor();
  await forecast.getByRole("row", { name: /izar 4 6 \d+ %/ }).waitFor();
  await forecast.getByText(/^Critical path: \d builds?/).click();
  await forecast.getByRole("region", { name: "The critical path" }).getByRole("link").first().waitFor();
  await page.getByText("A dry run: 6 packages would be built. Nothing was built.").waitFor();
  const steps = page.getByRole("list", { name: "Steps of the run" }).getByRole("listitem");
  const done = (await steps.allInnerTexts()).filter((text) => text.includes("(done)"));
  expect(done.map((text) => text.replace(/\s*\(done\)/, ""))).toEqual(["Sync", "Verify", "Resolve", "Done"]);
  expect(await findings(page)).toEqual([]);
  await keepPicture(page, "forecast");
  expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);

  await begin.click();
  await dialog.getByLabel("What is updated").fill("chain/link1 chain/link2");
  await dialog.getByLabel("The drones sync their trees first").uncheck();
  await dialog.getByRole("button", { name: "Start", exact: true }).click();
  await until("it builds", async () => (await swarm.view()).step === "build");
  await forecast.waitFor({ state: "detached" });
  expect(asked).toEqual([["@world"], ["chain/link1", "chain/link2"]]);
  expect(problems).toEqual([]);
});

test("after a run that failed it is started over, what that had built thrown away; after one that does not resolve the rest is built", async () => {
  const { build } = held();
  const failed = "desktop-20261121-0101";
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm);
  const { store } = gateway.access;
  await putTarget(gateway.access);
  const plan = await storedPlan(gateway.access, smallGraph());
  const unresolvable = [{ atoms: ["a/nowhere"], class: "missing" as const, text: "there are no ebuilds" }];
  let resolve = (): typeof plan => {
    throw ApplicationFailure.nonRetryable("the resolver fell over");
  };
  await swarm.addDrone({ name: "izar", slots: 4, build, resolve: () => resolve() });
  await stagePackage(store, failed, { cpv: "chain/link0-1" });
  await (await swarm.run({ run: failed })).result().catch(() => {});
  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, gateway.url);
  const { page, problems } = opened;
  await logIn(page, gateway.tokens.operator);

  resolve = () => ({ ...plan, unresolvable });
  await page.getByRole("button", { name: "Start over…" }).click();
  const over = page.getByRole("dialog", { name: "Start over?" });
  await over.getByText(`Everything that ${failed} built and did not publish is thrown away.`).waitFor();
  expect(await store.stagingRuns()).toEqual([failed]);
  await over.getByRole("button", { name: "Start", exact: true }).click();
  await over.waitFor({ state: "detached" });
  expect(await store.stagingRuns()).toEqual([]);
  await page
    .getByText(/the world does not resolve: a\/nowhere/)
    .first()
    .waitFor();

  await page.getByRole("button", { name: "Update what does resolve…" }).click();
  const rest = page.getByRole("dialog", { name: "Start an update?" });
  expect(await rest.getByLabel("Leave out what does not resolve").isChecked()).toBe(true);
  await rest.getByRole("button", { name: "Start", exact: true }).click();
  await until("it builds", async () => (await swarm.view()).step === "build");
  expect(problems).toEqual([]);
});
