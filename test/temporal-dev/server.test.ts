import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { Client, Connection } from "@temporalio/client";
import { expect, onTestFinished, test } from "vitest";
import { UserError } from "../../model/errors.ts";
import { SEARCH_ATTRIBUTES } from "../../model/searchAttributes.ts";
import { freePort } from "../../system/ports.ts";
import { identify, isAlive } from "../../system/processIdentity.ts";
import { type DevServerOptions, devServerStatus, startDevServer, stopDevServer } from "../../temporal-dev/server.ts";

/** Settings of a server of its own; whatever of it runs when the test ends is stopped. */
async function ownServer(): Promise<DevServerOptions> {
  const stateDir = await mkdtemp(join(tmpdir(), "swarm-server-"));
  onTestFinished(async () => {
    await stopDevServer(stateDir);
    await rm(stateDir, { recursive: true, force: true });
  });
  const cacheDir = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "build-swarm");
  const database = join(stateDir, "below", "temporal.db");
  return { ip: "127.0.0.1", port: 0, uiPort: 0, database, stateDir, cacheDir, env: process.env };
}

async function connect(address: string): Promise<Client> {
  const connection = await Connection.connect({ address, connectTimeout: 5_000 });
  onTestFinished(() => connection.close());
  return new Client({ connection });
}

async function died(pid: number): Promise<void> {
  await expect.poll(() => identify(pid), { timeout: 5_000 }).toBeNull();
}

test("starts, serves, goes on with its data and ports after SIGKILL, stops", async () => {
  const options = await ownServer();
  expect(devServerStatus(options.stateDir)).toBeNull();
  const first = await startDevServer(options);
  expect(first).toMatchObject({ database: options.database, version: expect.stringMatching(/^1\.\d+\.\d+/) });
  expect(devServerStatus(options.stateDir)).toEqual(first);
  expect(await startDevServer(options)).toEqual(first);

  const client = await connect(first.address);
  await client.workflow.start("nobodyRunsThis", { taskQueue: "none", workflowId: "kept" });
  expect((await fetch(first.uiUrl)).status).toBe(200);
  process.kill(first.pid, "SIGKILL");
  await died(first.pid);
  expect(devServerStatus(options.stateDir)).toBeNull();

  const second = await startDevServer(options);
  expect(second).toEqual({ ...first, pid: second.pid });
  expect(second.pid).not.toBe(first.pid);
  const again = await connect(second.address);
  expect((await again.workflow.getHandle("kept").describe()).status.name).toBe("RUNNING");

  expect(await stopDevServer(options.stateDir)).toBe(true);
  expect(identify(second.pid)).toBeNull();
  expect(devServerStatus(options.stateDir)).toBeNull();
  expect(await stopDevServer(options.stateDir)).toBe(false);
});

test("is ready with our search attributes, and has the settings that the swarm needs", async () => {
  const options = await ownServer();
  const { address } = await startDevServer(options);
  const client = await connect(address);
  for (const name of SEARCH_ATTRIBUTES) {
    await client.workflow.start("nobodyRunsThis", {
      taskQueue: "none",
      workflowId: `with-${name}`,
      searchAttributes: { [name]: ["value"] },
    });
    const found = async (): Promise<string[]> => {
      const ids: string[] = [];
      for await (const { workflowId } of client.workflow.list({ query: `${name} = "value"` })) ids.push(workflowId);
      return ids;
    };
    await expect.poll(found, { timeout: 10_000 }).toEqual([`with-${name}`]);
  }
  const { workflowService } = client.connection;
  // Refused unless frontend.ListWorkersEnabled.
  await workflowService.listWorkers({ namespace: "default" });
  const { namespaceInfo } = await workflowService.describeNamespace({ namespace: "default" });
  expect(namespaceInfo?.capabilities).toMatchObject({ workerHeartbeats: true });
  const taskQueue = { name: "none" };
  const { workflowTaskQueuePartitions } = await workflowService.listTaskQueuePartitions({
    namespace: "default",
    taskQueue,
  });
  expect(workflowTaskQueuePartitions).toHaveLength(1);
});

test("two starts at once give one server", async () => {
  const options = await ownServer();
  const [one, other] = await Promise.all([startDevServer(options), startDevServer(options)]);
  expect(one).toEqual(other);
});

test("a server whose record was never written is ended before another opens its database", async () => {
  const options = await ownServer();
  const orphan = await startDevServer(options);
  const identity = identify(orphan.pid);
  await rm(join(options.stateDir, "dev-server.json"));
  const next = await startDevServer(options);
  expect(next.pid).not.toBe(orphan.pid);
  expect(identity && isAlive(identity)).toBe(false);
  await rm(join(options.stateDir, "dev-server.json"));
  expect(await stopDevServer(options.stateDir)).toBe(true);
  expect(identify(next.pid)).toBeNull();
});

test("a damaged record is no server", async () => {
  const { stateDir } = await ownServer();
  const { writeFileAtomic } = await import("../../system/atomicFile.ts");
  await writeFileAtomic(join(stateDir, "dev-server.json"), '{"process": {"pid": 1');
  expect(devServerStatus(stateDir)).toBeNull();
  expect(await stopDevServer(stateDir)).toBe(false);
});

test.each(["port", "uiPort"] as const)(
  "%s in use: says which, who has it, and the setting to change",
  async (which) => {
    const options = await ownServer();
    const port = await freePort("127.0.0.1");
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
    onTestFinished(() => void other.close());
    const error = await startDevServer({ ...options, [which]: port }).catch((e: unknown) => e);
    if (!(error instanceof UserError)) throw new Error(`no UserError but ${error}`);
    expect(error.message).toContain(`port ${port} on 127.0.0.1 is in use by `);
    expect(error.message).toContain(`(process ${process.pid})`);
    expect(error.message).toContain(`[dev_server] ${which === "port" ? "port" : "ui_port"} in swarm.toml`);
    expect(devServerStatus(options.stateDir)).toBeNull();
  },
);

test("a server that ends while starting: its own words and where its log is", async () => {
  const options = await ownServer();
  const directory = options.stateDir;
  const error = await startDevServer({ ...options, database: directory }).catch((e: unknown) => e);
  if (!(error instanceof UserError)) throw new Error(`no UserError but ${error}`);
  expect(error.message).toContain("the Temporal server ended while starting:");
  expect(error.message).toContain(join(directory, "logs", "temporal.log"));
  expect(await readFile(join(directory, "logs", "temporal.log"), "utf8")).not.toBe("");
});
