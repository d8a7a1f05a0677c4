import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import { LIMITS, type Limits } from "../../gateway/limits.ts";
import { LiveHub } from "../../gateway/liveHub.ts";
import { NOBODY } from "../../gateway/roles.ts";
import { type Reader, SlowReaders } from "../../gateway/slowReaders.ts";
import { stream } from "../../gateway/stream.ts";
import type { RunEvent } from "../../model/events.ts";
import type { PackageView } from "../../model/run.ts";
import type { Live } from "../../watch/live.ts";
import { RawClient } from "./rawClient.ts";

/** Its whole state is more than the system keeps for a connection. */
const PACKAGES = 40_000;

/** A hub that is served on real connections. */
class StreamServer implements AsyncDisposable {
  readonly log: string[] = [];
  readonly slow: SlowReaders;
  readonly hub: LiveHub;
  readonly #server: Server;
  readonly #packages: PackageView[];
  readonly #events: RunEvent[] = [];
  /** Readers are kept waiting for their first look until this is resolved. */
  looked: Promise<void> = Promise.resolve();
  asked = 0;

  private constructor(limits: Limits, packages: number) {
    this.slow = new SlowReaders(limits, (line) => this.log.push(line));
    this.#packages = Array.from({ length: packages }, (_, i) => ({
      ...{ cpv: `category/${String(i).padStart(200, "x")}-1`, state: "needed", reason: "new", attempts: [] },
    }));
    this.hub = new LiveHub(
      () => this.#live(),
      () => ({ name: "home" }),
      "abc123",
      this.slow,
    );
    this.#server = createServer((_, raw) => {
      this.asked++;
      const reply = { raw, hijack: () => reply, getHeaders: () => ({}) } as unknown as Parameters<typeof stream>[0];
      void this.looked.then(() => stream(reply, this.hub, { caller: NOBODY, target: undefined, lastId: undefined }));
    });
    this.#server.setTimeout(limits.idleMs);
  }

  static async start(other: Partial<Limits>, packages = PACKAGES): Promise<StreamServer> {
    const server = new StreamServer({ ...LIMITS, checkReadersMs: 25, ...other }, packages);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  #live(): Live {
    const reading = { run: { run: "desktop-1" } } as Live["reading"];
    return { reading, packages: this.#packages, revision: "1", events: this.#events, at: 1, stale: null };
  }

  async open(version = "1.1"): Promise<RawClient> {
    const { port } = this.#server.address() as AddressInfo;
    return (await RawClient.open(`http://127.0.0.1:${port}`)).get("/", {}, version);
  }

  happens(text: string): void {
    const event: RunEvent = { id: String(this.#events.length).padStart(9, "0"), at: 1, kind: "run", text };
    this.#events.push(event);
    this.hub.take({ type: "event", full: false, events: [event] });
  }

  /** Who joins from now on is told everything from bytes of its own. */
  changes(): void {
    this.hub.take({ type: "packages", full: true, packages: [] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hub.close();
    this.slow.stop();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** How many packages a reader was told. */
function told(client: RawClient): number {
  return client.body.match(/"cpv":/g)?.length ?? 0;
}

test("a reader that takes nothing is dropped, the others are not", async () => {
  await using server = await StreamServer.start({ stallMs: 700 });
  using quick = (await server.open()).take();
  await until("it has it all", async () => told(quick) === PACKAGES, { every: 200 });
  const begun = Date.now();
  using stalled = await server.open();
  await until("both read", async () => server.hub.size === 2);
  await until("one is dropped", async () => server.hub.size === 1);
  expect(Date.now() - begun).toBeGreaterThan(650);
  server.happens("afterwards");
  await until("the other one hears on", async () => quick.text.includes("afterwards"));
  await until("its connection has ended", async () => stalled.take().isOver);
});

test("a reader that takes little by little is waited for, and gets everything, whole", async () => {
  const stallMs = 1_500;
  await using server = await StreamServer.start({ stallMs, idleMs: stallMs });
  // So slow that the process hears of it only after many times as long.
  using slow = (await server.open()).take(6_000, 15);
  await sleep(3 * stallMs);
  expect(server.hub.size).toBe(1);
  expect(slow.isOver).toBe(false);
  slow.take(100_000, 15);
  await until("it has it all", async () => told(slow) === PACKAGES, { ms: 20_000, every: 200 });
  const events = [...slow.body.matchAll(/^event: (.*)\ndata: (.*)$/gm)].map(([, event, data = ""]) => [
    event,
    JSON.parse(data),
  ]);
  expect(events.map(([event]) => event)).toEqual(["state", ...Array(PACKAGES / 500).fill("packages")]);
  expect(events.slice(1).map(([, { full }]) => full)).toEqual([true, ...Array(PACKAGES / 500 - 1).fill(false)]);
  slow.take();
  server.happens("afterwards");
  await until("it hears on", async () => slow.text.includes("afterwards"));
});

test("where the system does not tell, what it has taken from this process counts", async () => {
  const slow = new SlowReaders({ ...LIMITS, stallMs: 300, checkReadersMs: 10 }, () => {});
  const dropped: string[] = [];
  const reader = (name: string, pace: number): Reader => ({
    waiting: 1_000,
    get taken() {
      return pace * Math.floor(Date.now() / 100);
    },
    connection: {},
    drop: () => void dropped.push(name),
  });
  slow.add(reader("takes a little", 1));
  slow.add(reader("takes nothing", 0));
  await until("one is dropped", async () => dropped.length > 0);
  await sleep(600);
  slow.stop();
  expect(dropped).toEqual(["takes nothing"]);
});

test("more waits than this process keeps: those for whom most waits, and longest, are dropped, and it is said once", async () => {
  const whole = 11_000_000;
  await using server = await StreamServer.start({ waiting: 2.5 * whole });
  using quick = (await server.open()).take();
  await until("it has it all", async () => told(quick) === PACKAGES, { every: 200 });
  const stalled: RawClient[] = [];
  for (let i = 1; i <= 6; i++) {
    server.changes();
    stalled.push(await server.open());
    await until("it reads", async () => server.asked === 1 + i);
  }
  await until("as many are left as may wait", async () => server.hub.size === 3);
  await sleep(200);
  expect(server.hub.size).toBe(3);
  server.happens("afterwards");
  await until("who keeps up hears on", async () => quick.text.includes("afterwards"));
  expect(quick.isOver).toBe(false);
  expect(server.log.filter((line) => line.includes("dropped"))).toHaveLength(1);
  for (const each of stalled) each[Symbol.dispose]();
});

test("many who wait for the same bytes are few bytes", async () => {
  await using server = await StreamServer.start({ waiting: 20_000_000 });
  const stalled: RawClient[] = [];
  for (let i = 0; i < 10; i++) stalled.push(await server.open());
  await until("all read", async () => server.hub.size === 10);
  await sleep(300);
  expect(server.hub.size).toBe(10);
  for (const each of stalled) each[Symbol.dispose]();
});

test("who leaves before the first look is not kept", async () => {
  await using server = await StreamServer.start({}, 10);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.looked = promise;
  const left = await server.open();
  using stays = (await server.open()).take();
  await until("both wait", async () => server.asked === 2);
  left[Symbol.dispose]();
  // It is noticed before the look ends: what is asked later is answered later.
  await sleep(100);
  resolve();
  await until("the other one is told", async () => told(stays) === 10);
  expect(server.hub.size).toBe(1);
});

test("a reader that knows no chunks gets the same bytes without, to the connection's end", async () => {
  await using server = await StreamServer.start({}, 1_000);
  using modern = (await server.open()).take();
  using old = (await server.open("1.0")).take();
  await until("both have it all", async () => told(modern) === 1_000 && old.text.endsWith("\n\n"));
  const [head = "", ...body] = old.text.split("\r\n\r\n");
  expect(head).toMatch(/^connection: close$/im);
  expect(head).not.toMatch(/^transfer-encoding/im);
  expect(body.join("\r\n\r\n")).toBe(modern.body);
  server.happens("afterwards");
  await until("it hears on", async () => old.text.includes("afterwards"));
});
