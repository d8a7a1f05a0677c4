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
  "run-update": ["POST /runs", "GET /runs/{target}/plan", "GET /runs/{target}/forecast", "DELETE /runs/{target}/queue"],
  fresh: ["POST /runs/{target}/reset", "POST /runs"],
  "init-from-list": ["POST /runs", "GET /runs/{target}/plan", "GET /runs/{target}/forecast"],
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

const ASKS_HERE = "whether this terminal is asked; the body names the run instead";
const STARTS = {
  "--detach": "whether this terminal follows it",
  "--auto-finalize": "POST /runs options.autoFinalize",
  "--accept-failed": "POST /runs options.acceptFailed",
  "--no-sync": "POST /runs options.sync",
  "--skip-unresolvable": "POST /runs options.skipUnresolvable",
};

/** Options of verbs, each as a key of one of its routes, a route of its own, or why it is about the terminal only. */
const OPTIONS: Record<string, Record<string, string>> = {
  "run-update": {
    ...STARTS,
    "--dry-run": "POST /runs options.dryRun",
    "--packages": "POST /runs atoms",
    "--queue": "POST /runs queue",
    "--clear-queue": "DELETE /runs/{target}/queue",
  },
  fresh: { ...STARTS, "--yes": ASKS_HERE },
  "init-from-list": { ...STARTS, "--dry-run": "POST /runs options.dryRun" },
  "schedule add": {
    "--cron": "POST /schedules cron",
    "--timezone": "POST /schedules timezone",
    "--atoms": "POST /schedules atoms",
    "--auto-finalize": "POST /schedules autoFinalize",
    "--accept-failed": "POST /schedules acceptFailed",
    "--catch-up": "POST /schedules catchUp",
  },
  "schedule pause": { "--note": "POST /schedules/{name}/pause note" },
  finalize: { "--accept-failed": "POST /runs/{target}/finalize acceptFailed" },
  "snapshots prune": { "--keep": "POST /snapshots/{target}/prune keep" },
  monitor: { "--gateway": "which gateway this terminal asks", "--token-file": "with which token" },
  logs: {
    "--run": "GET /logs/{run}/{category}/{pf}/{attempt} run",
    "--follow": "GET /logs/{run}/{category}/{pf}/{attempt}/follow",
    "--attempt": "GET /logs/{run}/{category}/{pf}/{attempt} attempt",
    "--failed-phase": "GET /logs/{run} phase",
    "--failed": "GET /runs/{target}/failed",
    "--phase": "GET /runs/{target}/failed phase",
  },
  events: {
    "--run": "GET /runs/{target}/events run",
    "--follow": "GET /live",
    "--kind": "GET /runs/{target}/events kind",
  },
  runs: { "--limit": "GET /runs limit" },
  history: { "--limit": "GET /history limit" },
  "drone pause": { "--reason": "POST /drones/{name}/pause reason" },
  "sync-verify": { "--no-sync": "POST /targets/{target}/sync-verify sync" },
  prioritize: { "--clear": "POST /runs/{target}/prioritize packages" },
  pause: { "--reason": "POST /runs/{target}/pause reason" },
  reset: { "--yes": ASKS_HERE },
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
async function verbs(): Promise<Map<string, Command>> {
  const all = await Promise.all(
    VERBS.map(async ({ name, load }) => {
      const verb = new Command(name);
      const { register } = await load();
      register(verb, () => {
        throw new Error("there is no command line");
      });
      const isOneItself = verb.commands.length === 0 || verb.registeredArguments.length > 0;
      const own = verb.commands.map((sub): [string, Command] => [`${name} ${sub.name()}`, sub]);
      return isOneItself ? [[name, verb] as [string, Command], ...own] : own;
    }),
  );
  return new Map(all.flat());
}

const routeOf = (name: string): Operation | undefined => operations.get(name.replace(" /", " /api/v1/"));

/** Whether a route takes something: in its body, by the path of keys to it, or in its address. */
function takes({ requestBody, parameters = [] }: Operation, key: string): boolean {
  if (parameters.some(({ name }) => name === key)) return true;
  let found = Object.values(requestBody?.content ?? {}).map(({ schema }) => schema);
  for (const part of key.split(".")) {
    const objects = found.flatMap((schema) => [schema, ...(schema.anyOf ?? [])]);
    found = objects.flatMap(({ properties }) => properties?.[part] ?? []);
  }
  return found.length > 0;
}

test("each verb of the command has its routes, or is of one's own machine", async () => {
  const known = [...Object.keys(ROUTES), ...Object.keys(OWN_MACHINE)].sort();
  expect([...(await verbs()).keys()].sort()).toEqual(known);
  const missing = Object.entries(ROUTES).flatMap(([verb, routes]) =>
    routes.flatMap((route) => (routeOf(route) ? [] : [`${verb}: ${route}`])),
  );
  expect(missing).toEqual([]);
});

test("and so has each option that is not about one's own terminal", async () => {
  const wrong: string[] = [];
  for (const [verb, command] of await verbs()) {
    const routes = ROUTES[verb];
    if (!routes) continue;
    const options = command.options.map(({ long }) => long ?? "");
    const isOfTarget = (route: string) => route.includes("{target}") || takes(routeOf(route) ?? {}, "target");
    if (options.includes("--target") && !routes.some(isOfTarget)) wrong.push(`${verb}: no route takes a target`);
    const told = OPTIONS[verb] ?? {};
    expect([verb, ...options.filter((name) => name !== "--target").sort()]).toEqual([
      verb,
      ...Object.keys(told).sort(),
    ]);
    for (const [option, where] of Object.entries(told)) {
      const [method = "", path = "", key] = where.split(" ");
      if (!/^[A-Z]+$/.test(method)) continue;
      const route = `${method} ${path}`;
      const operation = routeOf(route);
      const isThere = operation !== undefined && routes.includes(route) && (key === undefined || takes(operation, key));
      if (!isThere) wrong.push(`${verb} ${option}: ${where}`);
    }
  }
  expect(wrong).toEqual([]);
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
      // Those that read their bodies by themselves, signed bytes and an export as it was made, have the limit of all bytes.
      const readsItself = /hooks|history\/import/.test(name);
      for (const { schema } of Object.values(requestBody?.content ?? {})) if (!readsItself) look(name, schema);
      for (const { name: parameter, in: place, schema } of parameters) {
        // Parts of an address have a limit of their own.
        if (place !== "path") look(`${name}?${parameter}`, schema);
      }
      if (name.startsWith("POST") && !requestBody) wrong.push(`${name}: any body`);
    }
    expect(wrong).toEqual([]);
  });
});
