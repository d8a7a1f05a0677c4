import { expect, test } from "vitest";
import { chain } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import { eventsOf } from "../../gateway/views/events.ts";
import { runOf } from "../../gateway/views/runs.ts";
import type { RunEvent } from "../../model/events.ts";
import { MAX_EVENTS } from "../../watch/live.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { gatewayOf } from "./support.ts";

test("who asks for what came after an event long ago gets it all, not only what is at hand", async () => {
  await using swarm = await noopSwarm({ plan: chain(2), drones: [{ name: "izar" }] });
  await using gateway = await gatewayOf(swarm);
  await swarm.run();
  await until("it is at the gate", async () => (await swarm.view()).step === "gate");
  const { services } = gateway.gateway;
  const found = await until("its events are known", async () => {
    // The engine's list of runs comes a moment after them, and this binhost has no such target.
    const now = await runOf(services, "desktop", undefined).catch(() => null);
    return now?.events?.some(({ kind }) => kind === "received") && now;
  });
  const all = await eventsOf(services, "desktop", found, undefined);
  const [first] = all;
  if (!first) throw new Error("there is no event");
  // As if many more had come since: these alone are at hand.
  const newest = Array.from(
    { length: MAX_EVENTS },
    (_, i): RunEvent => ({ ...first, id: `9${`${i}`.padStart(9, "0")}` }),
  );
  const large = { ...found, events: newest };
  expect(await eventsOf(services, "desktop", large, undefined)).toBe(newest);
  expect(await eventsOf(services, "desktop", large, newest[7]?.id)).toBe(newest);
  const whole = await eventsOf(services, "desktop", large, first.id);
  expect(whole.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  // Those who page on are not each told by the engine.
  expect(await eventsOf(services, "desktop", large, first.id)).toBe(whole);
});
