import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, expect, test } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import { LIMITS } from "../../gateway/limits.ts";
import { type Audience, LiveHub } from "../../gateway/liveHub.ts";
import type { Sink } from "../../gateway/outlet.ts";
import { SlowReaders } from "../../gateway/slowReaders.ts";
import type { RunEvent } from "../../model/events.ts";
import type { PackageView } from "../../model/run.ts";
import type { Live } from "../../watch/live.ts";

/** A reader that takes what it is sent, or does not. */
class Reader implements Sink {
  text = "";
  takes = true;
  gone = false;
  writableLength = 0;
  writableNeedDrain = false;
  readonly chunks: Buffer[] = [];

  write(bytes: Buffer): boolean {
    this.chunks.push(bytes);
    this.text += bytes.toString();
    if (!this.takes) {
      this.writableLength += bytes.length;
      this.writableNeedDrain = true;
    }
    return this.takes;
  }

  destroy(): void {
    this.gone = true;
  }

  /** The events so far, each with its data. */
  get events(): [event: string, data: Record<string, unknown>][] {
    return [...this.text.matchAll(/^event: (.*)\ndata: (.*)$/gm)].map(([, event = "", data = ""]) => [
      event,
      JSON.parse(data),
    ]);
  }

  names(): string[] {
    return this.events.map(([event]) => event);
  }

  get lastId(): string | undefined {
    return [...this.text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1];
  }
}

/** The swarm as a test makes it. */
class World {
  run = "desktop-1";
  target = "desktop";
  packages: PackageView[] = [view("a/b-1")];
  events: RunEvent[] = [];
  made = 0;
  hub = new LiveHub(
    () => this.live(),
    (live) => ({ run: live.reading.run?.run, made: ++this.made }),
    "abc123",
    slow,
  );

  live(): Live {
    const reading = { run: { run: this.run, target: this.target } } as Live["reading"];
    return { reading, packages: this.packages, revision: "1", events: this.events, at: 1, stale: null };
  }

  reads(): void {
    this.hub.take({ type: "reading", reading: this.live().reading, at: 1, stale: null });
  }

  happens(text: string): void {
    const event: RunEvent = { id: String(this.events.length).padStart(9, "0"), at: 1, kind: "run", text };
    this.events.push(event);
    this.hub.take({ type: "event", full: false, events: [event] });
  }
}

function view(cpv: string): PackageView {
  return { cpv, state: "needed", reason: "new", attempts: [] };
}

const slow = new SlowReaders(LIMITS, () => {});
let world: World;
afterEach(() => world.hub.close());
afterAll(() => slow.stop());

/** Whoever reads, in chunks. */
function audience(role: string | null, target?: string): Audience {
  return { role, target, isChunked: true };
}

test("a new stream hears everything, each with its own role, from the same bytes", () => {
  world = new World();
  world.happens("begun");
  const [one, two, other] = [new Reader(), new Reader(), new Reader()];
  world.hub.join(one, audience("viewer"), undefined);
  world.hub.join(two, audience("viewer"), undefined);
  world.hub.join(other, audience("operator"), undefined);
  expect(one.names()).toEqual(["state", "packages", "run-event"]);
  expect(one.events[0]?.[1]).toMatchObject({ run: "desktop-1", role: "viewer" });
  expect(other.events[0]?.[1]).toMatchObject({ role: "operator" });
  expect(one.events[1]?.[1]).toMatchObject({ full: true, packages: [{ cpv: "a/b-1" }] });
  expect(one.chunks[0]).toBe(two.chunks[0]);
  expect(world.made).toBe(1);
});

test("changes come together; the state at most five times in two seconds", async () => {
  world = new World();
  const reader = new Reader();
  world.hub.join(reader, audience("viewer"), undefined);
  const begun = Date.now();
  const states = (): number => reader.names().filter((name) => name === "state").length;
  for (let i = 0; i < 30; i++) {
    world.reads();
    world.happens(`event ${i}`);
    await sleep(50);
  }
  await until("the last event", async () => reader.text.includes("event 29"));
  const seconds = (Date.now() - begun) / 1000;
  expect(states()).toBeGreaterThan(1);
  expect(states()).toBeLessThanOrEqual(1 + Math.ceil(seconds * 2.5));
  expect(reader.chunks.length).toBeLessThan(30);
  expect(reader.names().filter((name) => name === "run-event")).toHaveLength(30);
});

test("who comes back with the last id hears only what it has missed", async () => {
  world = new World();
  const first = new Reader();
  const { leave } = world.hub.join(first, audience("viewer"), undefined);
  world.happens("seen");
  await until("it was told", async () => first.text.includes("seen"));
  leave();
  world.happens("missed");
  world.hub.take({ type: "packages", full: false, packages: [view("c/d-2")] });
  const again = new Reader();
  world.hub.join(again, audience("viewer"), first.lastId);
  expect(again.names()).toEqual(["run-event", "packages"]);
  expect(again.text).toContain("missed");
  expect(again.events[1]?.[1]).toEqual({ full: false, packages: [view("c/d-2")] });
});

test.each(["", "other-5", "abc123-99999", "abc123-x", "abc123-0\r\nx: y"])(
  "an id of elsewhere (%j): everything",
  (id) => {
    world = new World();
    const reader = new Reader();
    world.hub.join(reader, audience(null), id);
    expect(reader.names()).toEqual(["state", "packages"]);
    expect(reader.events[0]?.[1]).toMatchObject({ role: null });
  },
);

test("what is not kept any more: everything", () => {
  world = new World();
  const reader = new Reader();
  world.hub.join(reader, audience("viewer"), undefined);
  const id = reader.lastId;
  for (let i = 0; i < 5_100; i++) world.happens(`event ${i}`);
  const again = new Reader();
  world.hub.join(again, audience("viewer"), id);
  expect(again.names().slice(0, 2)).toEqual(["state", "packages"]);
  expect(again.names()).toHaveLength(2 + 200);
});

test("another run is told before what happens in it, and what was of the other is forgotten", async () => {
  world = new World();
  const reader = new Reader();
  const stayed = new Reader();
  const { leave } = world.hub.join(reader, audience("viewer"), undefined);
  world.hub.join(stayed, audience("viewer"), undefined);
  world.happens("of the first");
  await until("it was told", async () => reader.text.includes("of the first"));
  leave();
  const id = reader.lastId;
  world.happens("of the first, missed");
  world.run = "desktop-2";
  world.events = [];
  world.hub.take({ type: "packages", full: true, packages: [] });
  world.hub.take({ type: "event", full: true, events: [] });
  world.reads();
  world.happens("of the second");
  const again = new Reader();
  world.hub.join(again, audience("viewer"), id);
  expect(again.names()).toEqual(["state", "packages", "run-event"]);
  expect(again.events[0]?.[1]).toMatchObject({ run: "desktop-2" });
  expect(again.text).not.toContain("of the first");
  await until("those who stayed hear it in the same order", async () => stayed.text.includes("of the second"));
  expect(stayed.names().slice(-3)).toEqual(["state", "packages", "run-event"]);
});

test("a stream that takes nothing is sent nothing more, and then what it has missed", async () => {
  world = new World();
  const [stalled, quick] = [new Reader(), new Reader()];
  const { drained } = world.hub.join(stalled, audience("viewer"), undefined);
  world.hub.join(quick, audience("viewer"), undefined);
  stalled.takes = false;
  world.happens("first");
  await until("the slow one was told once", async () => stalled.text.includes("first"));
  const { length } = stalled.chunks;
  for (let i = 0; i < 5; i++) {
    world.happens(`later ${i}`);
    await until("the quick one hears it", async () => quick.text.includes(`later ${i}`));
  }
  expect(stalled.chunks).toHaveLength(length);
  stalled.takes = true;
  stalled.writableLength = 0;
  stalled.writableNeedDrain = false;
  drained();
  expect(stalled.chunks).toHaveLength(length + 1);
  expect(stalled.text).toContain("later 4");
});

test("those who begin soon after one another are told everything from the same bytes, and what is new since", () => {
  world = new World();
  world.packages = Array.from({ length: 1_200 }, (_, i) => view(`a/b-${i}`));
  const [one, two] = [new Reader(), new Reader()];
  world.hub.join(one, audience("viewer"), undefined);
  world.happens("between");
  world.hub.join(two, audience("viewer"), undefined);
  expect(one.names()).toEqual(["state", "packages", "packages", "packages"]);
  const begin = ({ chunks }: Reader): unknown[] => [chunks[0]?.buffer, chunks[0]?.byteOffset];
  expect(begin(two)).toEqual(begin(one));
  expect(begin(two)[0]).toBe(begin(one)[0]);
  expect(two.names()).toEqual([...one.names(), "run-event"]);
  expect(two.events.slice(1, 4).map(([, { full }]) => full)).toEqual([true, false, false]);
});

test("a stream of a target ends where another one begins to be shown, before it hears anything of that", async () => {
  world = new World();
  const [named, any] = [new Reader(), new Reader()];
  world.hub.join(named, audience("viewer", "desktop"), undefined);
  world.hub.join(any, audience("viewer"), undefined);
  // As the watcher tells it: the state comes last, once the packages are known.
  world.hub.take({ type: "packages", full: true, packages: [] });
  world.hub.take({ type: "event", full: true, events: [] });
  world.packages = [view("of/laptop-1")];
  world.hub.take({ type: "packages", full: true, packages: world.packages });
  const joins = new Reader();
  world.hub.join(joins, audience("viewer"), undefined);
  await sleep(400);
  expect(named.gone).toBe(false);
  expect(joins.text).toBe("");
  expect(any.text).not.toContain("of/laptop");
  [world.run, world.target] = ["laptop-1", "laptop"];
  world.reads();
  await until("the others hear of it", async () => any.text.includes("of/laptop") && joins.text.includes("of/laptop"));
  expect(named.gone).toBe(true);
  expect(named.text).not.toContain("laptop");
  expect(any.names().slice(-2)).toEqual(["state", "packages"]);
});

test("the next run of the same target goes on in the same stream", async () => {
  world = new World();
  const named = new Reader();
  world.hub.join(named, audience("viewer", "desktop"), undefined);
  world.hub.take({ type: "packages", full: true, packages: [] });
  world.hub.take({ type: "event", full: true, events: [] });
  world.run = "desktop-2";
  world.reads();
  await until("it hears of it", async () => named.text.includes("desktop-2"));
  expect(named.gone).toBe(false);
});
