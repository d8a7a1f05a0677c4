import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import { createBinhostServer } from "../../store/server.ts";
import { openStore } from "../../store/store.ts";
import { NOWHERE, temporaryDirectory } from "../cli/command.ts";
import { bundleOf, stagePackage } from "../store/support.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { gatewayOf } from "./support.ts";

/** A binhost that has published something. */
async function servedBinhost(name: string): Promise<string> {
  const store = await openStore(join(await temporaryDirectory(), "binhost"), { name });
  const bundle = await store.putBlob(bundleOf("desktop"));
  await store.putTarget("desktop", bundle);
  await stagePackage(store, "run-1", { cpv: "app/a-1" });
  await store.publish({
    ...{ target: "desktop", run: "run-1", tree: "git:0", bundle, createdAt: "2026-11-01T03:00:00Z" },
  });
  const server = createBinhostServer(store, { token: "t", name });
  onTestFinished(() => server.close());
  return server.listen({ host: "127.0.0.1", port: 0 });
}

test("clients are sent on to where a binhost says that its packages are, whatever its entry is called", async () => {
  const url = await servedBinhost("elsewhere");
  await using swarm = await noopSwarm({});
  await using gateway = await gatewayOf(
    swarm,
    `binhosts = [{ name = "main", url = "http://${NOWHERE}", priority = 1 }, { name = "spare", url = "${url}", priority = 2 }]\n`,
  );
  const told = async () => (await gateway.ask("/binhost", { as: null })).body;
  await until("it was looked at", async () => (await told()).state === "in");
  expect(await told()).toMatchObject({ name: "spare", url, packages: `${url}/elsewhere` });
  const index = await fetch(`${gateway.url}/binhost/desktop/Packages`);
  expect([index.url, index.status]).toEqual([`${url}/elsewhere/desktop/Packages`, 200]);
  expect(await index.text()).toContain("CPV: app/a-1");
});
