import { afterAll, beforeAll, expect, test } from "vitest";
import { chain } from "../../bench/noop/plan.ts";
import { type NoopSwarm, until } from "../../bench/noop/swarm.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { gatewayOf, putTarget, type TestGateway } from "./support.ts";

const RUN = "desktop-20261121-0101";
const SNAPSHOT = "20261121T010203Z-desktop-20261121-0101";

let swarm: NoopSwarm;
let gateway: TestGateway;
beforeAll(async () => {
  swarm = await noopSwarm({ plan: chain(1), drones: [{ name: "izar" }] });
  gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  await swarm.run({ run: RUN });
  const state = () => gateway.ask<{ reading: { run: { step: string } | null } }>("/api/v1/state");
  await until("the run is at the gate", async () => (await state()).body.reading.run?.step === "gate");
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await swarm?.stop();
});

/** Of each parameter of a path: one that there is, one that is well formed and names nothing, and one that can be none. */
const NAMES: Record<string, { known: string; unknown: string; malformed: string }> = {
  target: { known: "desktop", unknown: "nowhere", malformed: "No%20Where" },
  run: { known: RUN, unknown: "desktop-20200101-0000", malformed: "..%2fx" },
  category: { known: "chain", unknown: "no-such", malformed: "a%20b" },
  pf: { known: "link0-1", unknown: "no-such-1", malformed: "a%00b" },
  attempt: { known: "1", unknown: "77", malformed: "one" },
  name: { known: "izar", unknown: "nobody", malformed: "No%20Body" },
  id: { known: SNAPSHOT, unknown: "20200101T000000Z-desktop-20200101-0000", malformed: "a%20b" },
};

/** What is asked for, of routes that do not take nothing. */
function bodyOf(method: string, path: string): unknown {
  if (method === "GET" || method === "DELETE") return undefined;
  if (path.endsWith("/reset")) return { run: RUN };
  if (path.endsWith("/rollback")) return { id: SNAPSHOT };
  return path.endsWith("/prioritize") ? { packages: [] } : {};
}

interface Operation {
  parameters?: { name: string; in: string; required?: boolean }[];
}

test("whatever has a name in its path: 404 where that names nothing, with what there is; 400 where it can be no name", async () => {
  const { body } = await gateway.ask<{ paths: Record<string, Record<string, Operation>> }>("/api/v1/openapi.json");
  const asked: string[] = [];
  const wrong: string[] = [];
  for (const [path, methods] of Object.entries(body.paths)) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
    for (const [lower, { parameters = [] }] of names.length > 0 ? Object.entries(methods) : []) {
      const method = lower.toUpperCase();
      // One of several that it takes.
      const one = path.endsWith("/graph") ? ["critical=true"] : [];
      const needed = parameters
        .filter((each) => each.in === "query" && each.required)
        .map(({ name }) => `${name}=x`)
        .concat(one);
      for (const name of names) {
        for (const kind of ["unknown", "malformed"] as const) {
          const url = path.replace(
            /\{(\w+)\}/g,
            (_, each: string) => NAMES[each]?.[each === name ? kind : "known"] ?? "",
          );
          const full = needed.length > 0 ? `${url}?${needed.join("&")}` : url;
          const sent = bodyOf(method, path);
          const { status, body: said } = await gateway.ask(full, { method, ...(sent ? { body: sent } : {}) });
          asked.push(`${method} ${full}`);
          const words = JSON.stringify(said);
          const expected = kind === "unknown" ? 404 : 400;
          const tells = /known: |Known|lists|has no target|Configure|nothing to reset|There is no run|Start one/i.test(
            words,
          );
          if (status !== expected || (kind === "unknown" && !tells))
            wrong.push(`${method} ${full}: ${status} ${words}`);
        }
      }
    }
  }
  expect(wrong).toEqual([]);
  // Every name of the table was asked for.
  for (const { unknown, malformed } of Object.values(NAMES)) {
    for (const text of [unknown, malformed]) expect(asked.some((each) => each.includes(text))).toBe(true);
  }
  expect(asked.length).toBeGreaterThan(60);
}, 120_000);

test("a name in a body that names nothing is a request that is wrong", async () => {
  const { status, body } = await gateway.ask("/api/v1/runs", { body: { target: "nowhere" } });
  expect([status, body.error]).toEqual([400, "unknown target 'nowhere'; known: desktop"]);
});
