import { type ChildProcess, fork } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import { memory } from "../../bench/processes.ts";
import { packageRoot } from "../../system/packageRoot.ts";
import type { Held, Holding } from "../support/connectionHolder.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { RawClient } from "./rawClient.ts";
import { gatewayOf, type TestGateway } from "./support.ts";

const WANTED = 10_000;
/** Open files of a process for everything else. */
const OTHERS = 1_000;
/** What a connection may take of the gateway's memory. bytes */
const EACH = 25_000;

/** Open files that a process may have. Node itself goes up to the hard limit. */
function mostFiles(): number {
  const [, most] = /^Max open files +\d+ +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  return Number(most ?? Number.POSITIVE_INFINITY);
}

const openFiles = (): number => readdirSync("/proc/self/fd").length;

/** Holds connections from a process of its own, and says how many. */
function holdConnections(held: Held) {
  const child: ChildProcess = fork(join(packageRoot(), "test/support/connectionHolder.ts"));
  onTestFinished(() => void child.kill("SIGKILL"));
  const told: Holding = { open: 0, ended: 0 };
  child.on("message", (message) => Object.assign(told, message));
  child.send(held);
  return told;
}

/** How long somebody waits who comes anew. ms */
async function answerTime({ url, tokens }: TestGateway): Promise<number> {
  const begun = performance.now();
  using client = (await RawClient.open(url)).take(undefined, 1);
  client.get("/status", { authorization: `Bearer ${tokens.viewer}` });
  await until("an answer", async () => client.text.includes("\r\n\r\n"), { every: 1, ms: 10_000 });
  expect(client.text).toMatch(/^HTTP\/1.1 200 /);
  return performance.now() - begun;
}

test("10,000 connections that say nothing, or little by little, hold up nobody, fill no memory and are ended", async () => {
  const count = Math.min(WANTED, mostFiles() - OTHERS);
  if (count < WANTED) console.log(`${count} connections instead of ${WANTED}: a process may open ${mostFiles()} files`);
  expect(count).toBeGreaterThan(0);
  await using swarm = await noopSwarm({});
  await using gateway = await gatewayOf(swarm);
  await answerTime(gateway);
  const before = { files: openFiles(), mebibytes: memory(process.pid, "VmRSS") };
  const held = holdConnections({ port: Number(new URL(gateway.url).port), count });
  await until("all are open", async () => held.open + held.ended === count);
  expect(held).toEqual({ open: count, ended: 0 });
  await until("the gateway has them", async () => openFiles() >= before.files + count);
  const times: number[] = [];
  for (let asked = 0; asked < 20; asked++) times.push(await answerTime(gateway));
  expect(held.ended).toBe(0);
  expect(Math.max(...times)).toBeLessThan(1_000);
  const taken = memory(process.pid, "VmRSS") - before.mebibytes;
  console.log(`${count} held: ${taken} MiB, an answer in at most ${Math.round(Math.max(...times))} ms`);
  expect(taken * 2 ** 20).toBeLessThan(count * EACH);

  await until("they are ended", async () => held.ended === count, { ms: 30_000 });
  expect(await answerTime(gateway)).toBeLessThan(1_000);
  await until("nothing is kept of them", async () => openFiles() < before.files + 50);
}, 60_000);
