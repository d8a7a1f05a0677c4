import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, inject, onTestFinished, test } from "vitest";
import { loadConfig } from "../../config/load.ts";
import type { SwarmConfig } from "../../config/schema.ts";
import { connectClient } from "../../connection/client.ts";
import { connectWorker } from "../../connection/worker.ts";
import { UserError } from "../../model/errors.ts";
import { freePort } from "../../system/ports.ts";
import { CountingProxy } from "../gateway/countingProxy.ts";
import { testDirectory } from "../support/portage.ts";

/** The configuration of a machine without any settings, whose dev server is at `address`. */
async function configFor(address: string): Promise<SwarmConfig> {
  const home = await testDirectory();
  const { config } = await loadConfig({ env: { HOME: home }, cwd: home });
  const { hostname, port } = new URL(`tcp://${address}`);
  return { ...config, devServer: { ...config.devServer, ip: hostname, port: Number(port) } };
}

const refusing = async (): Promise<string> => `127.0.0.1:${await freePort("127.0.0.1")}`;

/** Takes connections and says nothing. */
async function silent(): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `127.0.0.1:${address.port}`;
}

test("a command connects", async () => {
  const client = await connectClient(await configFor(inject("temporalAddress")));
  onTestFinished(() => client.connection.close());
  const { namespaceInfo } = await client.workflowService.describeNamespace({ namespace: "default" });
  expect(namespaceInfo?.name).toBe("default");
});

test.each([
  ["where nothing listens: at once", refusing, 2_000],
  ["where a server says nothing: after 3 s", silent, 8_000],
])("a command fails %s, with what to do", async (_, place, limit) => {
  const address = await place();
  const started = performance.now();
  const error = await connectClient(await configFor(address)).catch((e: unknown) => e);
  expect(performance.now() - started).toBeLessThan(limit);
  if (!(error instanceof UserError)) throw new Error(`no UserError but ${error}`);
  expect(error.message).toContain(`no Temporal server at ${address}`);
  for (const remedy of ["swarm up", "swarm dev-server start", "TEMPORAL_ADDRESS"]) {
    expect(error.message).toContain(remedy);
  }
});

test("a call that is tried again ends where its connection is closed meanwhile, and nobody is harmed", async () => {
  const proxy = await CountingProxy.to(inject("temporalAddress"));
  const { connection, workflowService } = await connectClient(await configFor(proxy.address));
  await proxy[Symbol.asyncDispose]();
  const asked = workflowService.describeNamespace({ namespace: "default" }).catch((error: unknown) => error);
  // It is refused now, and tried again in a tenth of a second and later.
  await sleep(50);
  await connection.close();
  const outcome = await Promise.race([asked, sleep(10_000, "nothing", { ref: false })]);
  expect(outcome).toMatchObject({ code: 9, details: "the connection to the engine was closed" });
});

test("a role waits for the server, says so, and connects when it is there", async () => {
  const server = new URL(`tcp://${inject("temporalAddress")}`);
  const address = await refusing();
  const config = await configFor(address);
  const said: string[] = [];
  const connected = connectWorker(config, {
    signal: new AbortController().signal,
    onWait: (line) => {
      said.push(line);
      // Meanwhile a dev server was started, at another port.
      config.devServer.port = Number(server.port);
    },
  });
  const { connection, namespace } = await connected;
  onTestFinished(() => connection.close());
  expect(namespace).toBe("default");
  expect(said).toEqual([`no Temporal server answers at ${address} (Connection refused): trying again in 1 s`]);
});

/** Ends the wait in 100 ms; how long that then took, in ms. */
async function stopping(connecting: Promise<unknown>, abort: AbortController): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  const started = performance.now();
  abort.abort();
  await expect(connecting).rejects.toThrow(UserError);
  return performance.now() - started;
}

test("a role that is told to stop between two tries stops at once", async () => {
  const abort = new AbortController();
  const said: string[] = [];
  const connecting = connectWorker(await configFor(await refusing()), {
    signal: abort.signal,
    onWait: (line) => said.push(line),
  });
  connecting.catch(() => {});
  await expect.poll(() => said[1], { timeout: 20_000 }).toContain("trying again in 2 s");
  expect(await stopping(connecting, abort)).toBeLessThan(1_500);
});

test("a role that is told to stop while a server says nothing stops at once", async () => {
  const abort = new AbortController();
  const connecting = connectWorker(await configFor(await silent()), { signal: abort.signal, onWait: () => {} });
  expect(await stopping(connecting, abort)).toBeLessThan(5_000);
});
