import { createHmac } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect, inject, onTestFinished, test } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import { memory } from "../../bench/processes.ts";
import { freePort } from "../../system/ports.ts";
import { accessTo } from "../support/access.ts";
import { startCommand } from "../support/command.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { gatewayOf } from "./support.ts";

const MIB = 2 ** 20;
/** Some 300 MiB are sent each time. Part of it is there for a moment, until it is thrown away. */
const MOST_MIB = 130;
const SECRET = "a secret of the overlay";
const HOOK = '[[gateway.hook]]\nname = "overlay"\nsecret_file = "secret"\naction = "update"\ntarget = "desktop"\n';

/** A body that is not sent to its end. */
class Held {
  readonly socket: Socket;
  /** All of it is sent. */
  isSent = false;
  text = "";

  constructor(port: number, from: string, path: string, announced: number) {
    this.socket = connect({ host: "127.0.0.1", port, localAddress: from });
    onTestFinished(() => void this.socket.destroy());
    this.socket.on("error", () => {});
    this.socket.on("data", (chunk) => {
      this.text += chunk.toString("latin1");
    });
    this.socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${announced}\r\n\r\n`);
    this.socket.write(Buffer.alloc(announced - 1, "x"), () => {
      this.isSent = true;
    });
  }

  get status(): number {
    return Number(/^HTTP\/1.1 (\d+)/.exec(this.text)?.[1]);
  }

  get isOver(): boolean {
    return this.isSent || this.socket.destroyed;
  }
}

test("bodies that nobody asked for, or that never end, do not fill the memory of a gateway", async () => {
  await using swarm = await noopSwarm({});
  const port = await freePort("127.0.0.1");
  await using access = await accessTo(swarm, `[gateway]\nport = ${port}\nanonymous = true\n${HOOK}`);
  await writeFile(join(access.directory, "secret"), SECRET);
  const env = { TEMPORAL_ADDRESS: inject("temporalAddress"), TEMPORAL_NAMESPACE: swarm.namespace };
  const gateway = startCommand(["--config", access.configFile, "gateway"], env);
  onTestFinished(() => void gateway.kill("SIGKILL"));
  const answers = async (): Promise<boolean> => {
    const response = await fetch(`http://127.0.0.1:${port}/status`).catch(() => null);
    await response?.body?.cancel();
    return response?.status === 200;
  };
  await until("it answers", answers);
  for (let warm = 0; warm < 50; warm++) await answers();
  const rss = (): number => memory(gateway.pid ?? 0, "VmRSS");
  const before = rss();
  const grown = async (what: string, held: Held[]): Promise<number> => {
    let most = 0;
    await until("all is sent, or refused", async () => {
      most = Math.max(most, rss());
      return held.every((each) => each.isOver);
    });
    // What is sent has come when who asks after it is answered.
    expect(await answers()).toBe(true);
    most = Math.max(most, rss());
    const statuses = Object.entries(Object.groupBy(held, ({ status }) => status)).map(
      ([status, all]) => `${all?.length} ${status}`,
    );
    console.log(`${what}: ${before} -> ${most} MiB; ${statuses.join(", ")}`);
    for (const { socket } of held) socket.destroy();
    return most - before;
  };
  const many = (count: number, path: string, bytes: number, from: (i: number) => string): Held[] =>
    Array.from({ length: count }, (_, i) => new Held(port, from(i), path, bytes));
  const alone = (): string => "127.0.0.1";
  expect(await grown("no such hook", many(40, "/api/v1/hooks/nothing", 8 * MIB, alone))).toBeLessThan(MOST_MIB);
  expect(await grown("nothing there", many(300, "/nonexistent", MIB, alone))).toBeLessThan(MOST_MIB);
  expect(await grown("a hook, of one", many(40, "/api/v1/hooks/overlay", 8 * MIB, alone))).toBeLessThan(MOST_MIB);
  const strangers = (i: number): string => `127.0.1.${i + 1}`;
  expect(await grown("a hook, of many", many(40, "/api/v1/hooks/overlay", 8 * MIB, strangers))).toBeLessThan(MOST_MIB);
}, 120_000);

test("who has a token is heard while others fill all places for bodies, and a place is free again when its body is answered", async () => {
  await using swarm = await noopSwarm({});
  await using gateway = await gatewayOf(swarm, HOOK, { bodies: 2 * MIB, bodiesEach: 2 * MIB });
  await writeFile(join(gateway.access.directory, "secret"), SECRET);
  const port = Number(new URL(gateway.url).port);
  const first = new Held(port, "127.0.0.1", "/api/v1/hooks/overlay", 1_900_000);
  await once(first.socket, "connect");
  await until("it is sent", async () => first.isSent);
  // What was sent has come when some others were answered meanwhile.
  for (let asked = 0; asked < 20; asked++) await gateway.ask("/status");
  const body = "x".repeat(MIB);
  const signature = `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`;
  const headers = { "x-hub-signature-256": signature, "x-github-event": "ping" };
  const hook = () => gateway.ask("/api/v1/hooks/overlay", { as: null, body, headers });
  const refused = await hook();
  expect(refused.status).toBe(429);
  expect(refused.body).toMatchObject({ error: expect.stringContaining("too many bytes"), hint: expect.any(String) });
  expect(refused.headers.get("retry-after")).not.toBeNull();
  const paused = await gateway.ask("/api/v1/runs/desktop/pause", { body: { reason: "x".repeat(300) } });
  expect(paused.status).not.toBe(429);
  first.socket.write("x");
  await until("it is answered", async () => first.status === 401, { ms: 10_000 });
  await until("there is room", async () => (await hook()).status === 202);
  // Of many that were answered none has left anything.
  for (let i = 0; i < 5; i++) expect((await hook()).status).toBe(202);
});
