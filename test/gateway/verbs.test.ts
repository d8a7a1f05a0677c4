import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NoopSwarm } from "../../bench/noop/swarm.ts";
import { VERBS } from "../../cli/verbs.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { gatewayOf, type TestGateway } from "./support.ts";

/** What is done with one's own machine: no gateway can do it for somebody else. */
const OWN_MACHINE: Record<string, string> = {
  up: "starts processes here",
  down: "stops processes here",
  demo: "a swarm of its own here",
  "dev-server start": "an engine for this machine",
  "dev-server stop": "the same",
  "dev-server status": "the same",
  orchestrator: "a role that runs here",
  drone: "the same",
  binhost: "the same",
  gateway: "the same",
  "token add": "changes a file of the gateway's machine: nobody makes tokens with a token",
  "token list": "reads that file",
  "token remove": "changes that file",
  "target put": "puts a directory of this machine, with code that drones run: that takes the binhost's token",
  "config check": "this machine's swarm.toml",
  "config show": "the same",
  "config sample": "prints a file that comes with the program",
  doctor: "what this machine has",
  completion: "for the shell of this machine",
  simulate: "computes with a file, and asks no swarm",
};

/** What each verb does or tells, over HTTP. */
const ROUTES: Record<string, string[]> = {
  "run-update": ["POST /runs", "GET /runs/{target}/plan", "DELETE /runs/{target}/queue"],
  fresh: ["POST /runs/{target}/reset", "POST /runs"],
  "init-from-list": ["POST /runs", "GET /runs/{target}/plan"],
  "schedule list": ["GET /schedules"],
  "schedule add": ["POST /schedules"],
  "schedule pause": ["POST /schedules/{name}/pause"],
  "schedule resume": ["POST /schedules/{name}/resume"],
  "schedule trigger": ["POST /schedules/{name}/trigger"],
  "schedule remove": ["POST /schedules/{name}/remove"],
  verify: ["GET /runs/{target}/finalize"],
  finalize: ["POST /runs/{target}/finalize"],
  "snapshots list": ["GET /snapshots/{target}"],
  "snapshots show": ["GET /snapshots/{target}/{id}"],
  "snapshots diff": ["GET /snapshots/{target}/diff"],
  "snapshots rollback": ["POST /snapshots/{target}/rollback"],
  "snapshots prune": ["POST /snapshots/{target}/prune"],
  status: ["GET /state"],
  monitor: ["GET /live", "GET /state"],
  why: ["GET /runs/{target}/why"],
  logs: [
    "GET /logs/{run}",
    "GET /logs/{run}/{category}/{pf}/{attempt}",
    "GET /logs/{run}/{category}/{pf}/{attempt}/follow",
    "GET /runs/{target}/failed",
  ],
  events: ["GET /runs/{target}/events", "GET /live"],
  runs: ["GET /runs", "GET /runs/{target}"],
  history: ["GET /history", "GET /history/summary"],
  "history export": ["GET /history/export"],
  "history import": ["POST /history/import"],
  drones: ["GET /drones"],
  "drone pause": ["POST /drones/{name}/pause"],
  "drone resume": ["POST /drones/{name}/resume"],
  "drone forget": ["POST /drones/{name}/forget"],
  "alerts list": ["GET /alerts", "GET /alerts/channels"],
  "alerts test": ["POST /alerts/test"],
  "sync-verify": ["POST /targets/{target}/sync-verify", "GET /targets/{target}/sync-verify"],
  unblock: ["POST /runs/{target}/unblock"],
  prioritize: ["POST /runs/{target}/prioritize"],
  balance: ["POST /runs/{target}/balance"],
  pause: ["POST /runs/{target}/pause"],
  resume: ["POST /runs/{target}/resume"],
  reset: ["POST /runs/{target}/reset"],
  "target list": ["GET /targets"],
  "target show": ["GET /targets/{target}"],
};

interface Operation {
  requestBody?: { content: Record<string, { schema: Schema }> };
  parameters?: { name: string; in: string; schema: Schema }[];
}

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
  items?: Schema;
  anyOf?: Schema[];
  maxLength?: number;
  pattern?: string;
  maxItems?: number;
  enum?: string[];
}

let swarm: NoopSwarm;
let gateway: TestGateway;
let operations: Map<string, Operation>;
beforeAll(async () => {
  swarm = await noopSwarm({});
  gateway = await gatewayOf(swarm);
  const { body } = await gateway.ask<{ paths: Record<string, Record<string, Operation>> }>("/api/v1/openapi.json");
  operations = new Map(
    Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation]),
    ),
  );
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await swarm?.stop();
});

/** Whether a text has an end: a length, a list of what it may be, or a pattern in which nothing may come any number of times. */
function isBounded({ maxLength, enum: some, pattern }: Schema): boolean {
  if (maxLength !== undefined || some !== undefined) return true;
  return pattern !== undefined && /^\^[^*+]*\$$/.test(pattern.replaceAll(/\[[^\]]*\]/g, ""));
}

/** Every verb, and each of its own by `verb sub`. */
async function verbs(): Promise<string[]> {
  const names = await Promise.all(
    VERBS.map(async ({ name, load }) => {
      const verb = new Command(name);
      const { register } = await load();
      register(verb, () => {
        throw new Error("there is no command line");
      });
      const isOneItself = verb.commands.length === 0 || verb.registeredArguments.length > 0;
      return [...(isOneItself ? [name] : []), ...verb.commands.map((sub) => `${name} ${sub.name()}`)];
    }),
  );
  return names.flat().sort();
}

test("each verb of the command has its routes, or is of one's own machine", async () => {
  const known = [...Object.keys(ROUTES), ...Object.keys(OWN_MACHINE)].sort();
  expect(await verbs()).toEqual(known);
  const missing = Object.entries(ROUTES).flatMap(([verb, routes]) =>
    routes.flatMap((route) => (operations.has(route.replace(" /", " /api/v1/")) ? [] : [`${verb}: ${route}`])),
  );
  expect(missing).toEqual([]);
});

describe("every route", () => {
  /** An address of it: whoever may not is refused before its names are looked at. */
  const addressOf = (path: string): string => path.replaceAll(/\{\w+\}/g, "x-1");

  test("looks for viewers, acts for operators", async () => {
    const wrong: string[] = [];
    for (const name of operations.keys()) {
      const [method = "", path = ""] = name.split(" ");
      if (path.startsWith("/api/v1/hooks/")) continue;
      // HEAD: a stream would not end.
      const asked = method === "GET" ? "HEAD" : method;
      const { status } = await gateway.ask(addressOf(path), { as: "viewer", method: asked });
      if ((status === 403) !== (method !== "GET")) wrong.push(`${name}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  test("takes no body that it does not know, and no text without an end", () => {
    const wrong: string[] = [];
    const look = (name: string, schema: Schema): void => {
      for (const each of schema.anyOf ?? []) look(name, each);
      if (schema.type === "string" && !isBounded(schema)) wrong.push(`${name}: a text of any length`);
      if (schema.type === "array" && schema.maxItems === undefined) wrong.push(`${name}: a list of any length`);
      if (schema.items) look(`${name}[]`, schema.items);
      if (schema.type === "object" && schema.additionalProperties !== false) wrong.push(`${name}: takes any key`);
      for (const [key, property] of Object.entries(schema.properties ?? {})) look(`${name}.${key}`, property);
    };
    for (const [name, { requestBody, parameters = [] }] of operations) {
      for (const { schema } of Object.values(requestBody?.content ?? {})) look(name, schema);
      for (const { name: parameter, in: place, schema } of parameters) {
        // Parts of an address have a limit of their own.
        if (place !== "path") look(`${name}?${parameter}`, schema);
      }
      // Those that read their bodies by themselves: signed bytes, and an export as it was made.
      const readsItself = /hooks|history\/import/.test(name);
      if (name.startsWith("POST") && !requestBody && !readsItself) wrong.push(`${name}: any body`);
    }
    expect(wrong).toEqual([]);
  });
});
