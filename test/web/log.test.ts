import { test as base, expect } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import { gatewayOf, putTarget } from "../gateway/support.ts";
import { findBrowser, keepPicture, launch, openPage } from "../support/browser.ts";
import { Builds, held } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { smallGraph, storedPlan } from "./support.ts";

const { path } = findBrowser();
const test = base.skipIf(path === null);
const MIB = 1024 * 1024;

test("a log is read while it is written, with its colours, broken bytes and all; a huge one keeps the page small", async () => {
  const { build, release } = held();
  const builds = new Builds(build);
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm, "anonymous = true\n");
  const resolve = await storedPlan(gateway.access, smallGraph());
  await putTarget(gateway.access);
  await swarm.addDrone({ name: "izar", slots: 4, build: builds.build, resolve: () => resolve });
  await swarm.run();
  await until("the build began", async () => builds.started.some(({ cpv }) => cpv === "chain/link0-1"));
  const { run } = await swarm.view();
  const key = { run, cpv: "chain/link0-1", attempt: 1 };
  const { logs } = await gateway.access.binhost();
  const begun = Date.now();
  let size = 0;
  const write = async (bytes: Buffer): Promise<void> => {
    for (let at = 0; at < bytes.length; at += MIB) {
      const piece = bytes.subarray(at, at + MIB);
      await logs.append(key, { begun, offset: size, bytes: piece });
      size += piece.length;
    }
  };

  await using browser = await launch(path ?? "");
  await using opened = await openPage(browser, `${gateway.url}/#/package/chain/link0-1`);
  const { page, problems } = opened;
  await page.getByText("Nothing was written yet.").waitFor();
  await write(Buffer.from("\x1b[32m>>>\x1b[0m Unpacking\n<script>document.title = 'owned'</script>\n"));
  const log = page.getByLabel("Log of chain/link0-1, attempt 1");
  await log.getByText("Unpacking").waitFor();
  const sent = Date.now();
  await write(Buffer.concat([Buffer.from("broken "), Buffer.from([0xff, 0xfe, 0xc3]), Buffer.from(" bytes\n")]));
  await log.getByText("broken \uFFFD\uFFFD\uFFFD bytes").waitFor();
  expect(Date.now() - sent).toBeLessThan(10_000);
  expect(await log.locator(".f-2").textContent()).toBe(">>>");
  expect(await page.title()).not.toBe("owned");
  await keepPicture(page, "log-live");

  const line = `${"x".repeat(120)}\n`;
  await write(Buffer.from(line.repeat(20_000)));
  await write(Buffer.from("the last line\n"));
  await log.getByText("the last line").waitFor();
  expect(await log.locator(".line").count()).toBe(5_000);
  await page.getByText(/Only the last lines are shown here/).waitFor();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("chain_link0-1.1.log");
  let bytes = 0;
  for await (const piece of await download.createReadStream()) bytes += piece.length;
  expect(bytes).toBe(size);

  // The attempt ends before its log does: the rest is waited for, and it is said when it does not come.
  release();
  await page.getByText("live", { exact: true }).waitFor({ state: "detached" });
  await write(Buffer.from("after the end\n"));
  await log.getByText("after the end").waitFor();
  const unfinished = page.getByRole("alert").filter({ hasText: "The end of this log has not come" });
  expect(await unfinished.count()).toBe(0);
  await unfinished.waitFor({ timeout: 60_000 });
  await logs.complete(key, { begun, size, failed: null });
  await unfinished.getByRole("button", { name: "Try again" }).click();
  await unfinished.waitFor({ state: "detached" });
  // Of a log that is there already only its end is fetched.
  await page.reload();
  await log.getByText("the last line").waitFor();
  await page.getByText(/without the first 1\.\d MiB/).waitFor();
  expect(problems).toEqual([]);
});
