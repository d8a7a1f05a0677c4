import { expect, test } from "vitest";
import { chain } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import type { State } from "../../gateway/schemas/state.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { EventStream } from "./eventReader.ts";
import { gatewayOf, putTarget, type TestGateway } from "./support.ts";

/** The targets whose runs a stream was shown. */
function targetsOf(stream: EventStream): string[] {
  const shown = stream.events<State>("state").map(({ reading }) => reading.run?.target ?? "none");
  return [...new Set(shown)];
}

async function runTo(gateway: TestGateway, target: string, step: string): Promise<string> {
  const { run } = (await gateway.ask<{ run: string }>("/api/v1/runs", { body: { target } })).body;
  await until(`${run} is at its ${step}`, async () => {
    const { status, body } = await gateway.ask<State>(`/api/v1/state?target=${target}`);
    return status === 200 && body.reading.run?.run === run && body.reading.run.step === step;
  });
  return run;
}

test("a stream of a target shows that one and no other, whatever the others are shown", async () => {
  await using swarm = await noopSwarm({ plan: chain(1), drones: [{ name: "izar" }] });
  await using gateway = await gatewayOf(swarm);
  const open = async (query: string): Promise<EventStream> =>
    await EventStream.open(`${gateway.url}/api/v1/live${query}`, gateway.tokens.viewer);
  await putTarget(gateway.access);
  await runTo(gateway, "desktop", "gate");
  await gateway.ask("/api/v1/runs/desktop/cancel", { body: {} });
  using any = await open("");
  await until("there is one target", async () => any.events<State>("state").at(-1)?.reading.targets?.length === 1);
  using named = await open("?target=desktop");
  await until("both show it", async () => [any, named].every((each) => targetsOf(each).includes("desktop")));
  await putTarget(gateway.access, "laptop");
  await runTo(gateway, "laptop", "gate");
  await until("the look of all shows the other one", async () => targetsOf(any).includes("laptop"));
  await until("the stream has ended, or goes on", async () => named.isOver || named.text.includes('"laptop"'));
  expect(targetsOf(named)).toEqual(["desktop"]);
  using again = await open("?target=desktop");
  using other = await open("?target=laptop");
  await until("each shows its own", async () => targetsOf(again).length > 0 && targetsOf(other).length > 0);
  expect([targetsOf(again), targetsOf(other)]).toEqual([["desktop"], ["laptop"]]);
  const state = async (target: string): Promise<string | undefined> =>
    (await gateway.ask<State>(`/api/v1/state?target=${target}`)).body.reading.run?.target;
  expect([await state("desktop"), await state("laptop")]).toEqual(["desktop", "laptop"]);
  await gateway.ask("/api/v1/runs/laptop/cancel", { body: {} });
});

test("a target that was put a moment ago is there, however lately was looked; one that there is not is refused", async () => {
  await using swarm = await noopSwarm({});
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  const { watcher } = gateway.gateway.services.watchers.of(undefined);
  for (const name of ["laptop", "server"]) {
    await watcher.now();
    expect(watcher.current()?.reading.targets).not.toContain(name);
    await putTarget(gateway.access, name);
    expect(await gateway.ask(`/api/v1/state?target=${name}`)).toMatchObject({ status: 200 });
  }
  expect(await gateway.ask("/api/v1/state?target=made-up")).toMatchObject({ status: 404 });
});

test("more targets than are looked at at once: what nobody watches makes place, what is watched stays", async () => {
  await using swarm = await noopSwarm({});
  await using gateway = await gatewayOf(swarm);
  const names = Array.from({ length: 20 }, (_, i) => `target-${i}`);
  for (const name of names) await putTarget(gateway.access, name);
  await until("they are known", async () => {
    const { body } = await gateway.ask<State>("/api/v1/state");
    return body.reading.targets?.length === names.length;
  });
  using watched = await EventStream.open(`${gateway.url}/api/v1/live?target=target-0`, gateway.tokens.viewer);
  for (const name of names) {
    const { status } = await gateway.ask(`/api/v1/state?target=${name}`);
    expect([name, status]).toEqual([name, 200]);
  }
  expect(watched.isOver).toBe(false);
  expect(gateway.gateway.services.watchers.of("target-0").hub.size).toBe(1);
});
