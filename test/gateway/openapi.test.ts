import { expect, test } from "vitest";
import { chain } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import { Event, Package, Record, Run } from "../../gateway/schemas/run.ts";
import { Fleet, State } from "../../gateway/schemas/state.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { gatewayOf, putTarget } from "./support.ts";

interface Operation {
  summary?: string;
  security?: object[];
  responses: Record<string, unknown>;
}

test("the description has every route, and answers are as it says", async () => {
  await using swarm = await noopSwarm({ plan: chain(2), drones: [{ name: "izar" }] });
  await using gateway = await gatewayOf(swarm);
  await putTarget(gateway.access);
  const { body } = await gateway.ask<{ openapi: string; paths: Record<string, Record<string, Operation>> }>(
    "/api/v1/openapi.json",
    { as: null },
  );
  expect(body.openapi).toBe("3.1.0");
  expect(JSON.stringify(body)).not.toContain('"$ref":"#/components/schemas/undefined"');
  const operations = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, ...operation })),
  );
  expect(operations.length).toBeGreaterThan(30);
  for (const { name, summary, security, responses } of operations) {
    expect(summary, name).toMatch(/\w/);
    const isOpen = /^GET \/binhost|^POST \/api\/v1\/hooks/.test(name);
    expect(security, name).toEqual(isOpen ? undefined : [{ token: [] }]);
    expect(responses, name).toHaveProperty("401");
    expect(
      Object.keys(responses).filter((status) => status.startsWith("2")),
      name,
    ).not.toEqual([]);
  }
  // What is refused is described as such, and a body that may be left out is not asked for.
  const described = body as unknown as {
    paths: Record<string, Record<string, { parameters?: unknown; requestBody?: unknown }>>;
  };
  const { get: run } = described.paths["/api/v1/runs/{target}"] ?? {};
  expect(JSON.stringify(run?.parameters)).toContain('"pattern":"^[a-z0-9]');
  const { post: pause } = described.paths["/api/v1/runs/{target}/pause"] ?? {};
  expect(pause?.requestBody).toMatchObject({ required: false });
  const { post: prioritize } = described.paths["/api/v1/runs/{target}/prioritize"] ?? {};
  expect(prioritize?.requestBody).toMatchObject({ required: true });
  // What a route reads by itself as well.
  const bodyOf = (path: string): unknown => described.paths[path]?.post?.requestBody;
  expect(bodyOf("/api/v1/history/import")).toMatchObject({
    required: true,
    content: {
      "application/x-ndjson": { schema: { type: "string" } },
      "application/json": { schema: { required: ["format", "version", "attempts"] } },
    },
  });
  expect(bodyOf("/api/v1/hooks/{name}")).toMatchObject({
    content: { "application/json": { schema: { type: "object", properties: { ref: { type: "string" } } } } },
  });
  for (const path of [
    "/api/v1/live",
    "/api/v1/runs/{target}/graph",
    "/api/v1/logs/{run}/{category}/{pf}/{attempt}",
    "/build",
  ]) {
    expect(Object.keys(body.paths)).toContain(path);
  }

  await gateway.ask("/api/v1/runs", { body: { target: "desktop" } });
  await until(
    "it is at the gate",
    async () => (await gateway.ask<{ status: string }>("/status")).body.status === "gate",
  );
  State.parse((await gateway.ask("/api/v1/state")).body);
  Fleet.parse((await gateway.ask("/api/v1/drones")).body);
  Run.parse((await gateway.ask("/api/v1/runs/desktop")).body);
  Record.array()
    .min(1)
    .parse((await gateway.ask("/api/v1/runs")).body);
  Package.array()
    .length(2)
    .parse((await gateway.ask<{ packages: unknown }>("/api/v1/runs/desktop/packages")).body.packages);
  Event.array()
    .min(5)
    .parse((await gateway.ask("/api/v1/runs/desktop/events")).body);
  const docs = await gateway.ask<string>("/docs/", { as: null });
  expect(docs.status).toBe(200);
  const external = docs.body.match(/(?:src|href)="(?:https?:)?\/\/[^"]+"/g);
  expect(external).toBeNull();
}, 120_000);
