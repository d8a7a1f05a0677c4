import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inject } from "vitest";
import type { NoopSwarm } from "../../bench/noop/swarm.ts";
import { loadConfig } from "../../config/load.ts";
import type { Limits } from "../../gateway/limits.ts";
import { type RunningGateway, startGateway } from "../../gateway/role.ts";
import type { Role } from "../../gateway/roles.ts";
import { addToken, newToken } from "../../gateway/tokens.ts";
import { accessTo, type TestAccess } from "../support/access.ts";

/** An answer of the gateway. */
export interface Answer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
}

/** A gateway of a no-op swarm, in this process, with a token for each role. */
export class TestGateway implements AsyncDisposable {
  readonly access: TestAccess;
  readonly tokens: Record<Role, string>;
  readonly log: string[];
  gateway: RunningGateway;

  constructor(access: TestAccess, tokens: Record<Role, string>, gateway: RunningGateway, log: string[]) {
    this.access = access;
    this.tokens = tokens;
    this.gateway = gateway;
    this.log = log;
  }

  get url(): string {
    return this.gateway.url;
  }

  /** A request as a role, `null` without a token; the body is JSON where it is no text. */
  async ask<T = Record<string, unknown>>(
    path: string,
    { as = "operator", method, body, headers = {} }: AskOptions = {},
  ): Promise<Answer<T>> {
    const response = await fetch(this.url + path, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      redirect: "manual",
      headers: {
        ...(as === null ? {} : { authorization: `Bearer ${as in this.tokens ? this.tokens[as as Role] : as}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("/json") && text !== "";
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : (text as T) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway.close();
    await this.access[Symbol.asyncDispose]();
  }
}

export interface AskOptions {
  /** A role, or a token. */
  as?: Role | (string & {}) | null;
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** @param toml more of [gateway], and sections after it. */
export async function gatewayOf(swarm: NoopSwarm, toml = "", limits: Partial<Limits> = {}): Promise<TestGateway> {
  return gatewayAt({ address: inject("temporalAddress"), namespace: swarm.namespace }, swarm, toml, limits);
}

/** The same with its engine at another address, like that of a proxy. */
export async function gatewayAt(
  { address, namespace }: { address: string; namespace: string },
  swarm: NoopSwarm,
  toml = "",
  limits: Partial<Limits> = {},
): Promise<TestGateway> {
  const tree = '[[tree]]\nname = "demo"\nsync = "git"\nuri = "https://example.invalid/demo.git"\n';
  const config = `${tree}[temporal]\nconfig_file = "temporal.toml"\n[gateway]\nport = 0\n${toml}`;
  const access = await accessTo(swarm, config);
  await writeFile(
    join(access.directory, "temporal.toml"),
    `[profile.default]\naddress = "${address}"\nnamespace = "${namespace}"\n`,
  );
  const loaded = await loadConfig({ path: access.configFile, env: {}, cwd: access.directory });
  const file = loaded.config.gateway.tokens;
  const tokens = { viewer: newToken(), operator: newToken(), drone: newToken() };
  for (const role of ["viewer", "operator", "drone"] as const) {
    await addToken(file, { name: `a-${role}`, role, expiresAt: null }, tokens[role]);
  }
  const log: string[] = [];
  return new TestGateway(access, tokens, await startGateway(loaded, (line) => log.push(line), limits), log);
}

/** Puts a target, so that runs can be started and asked for. */
export async function putTarget({ store }: TestAccess, name = "desktop"): Promise<void> {
  const bundle = { format: 1, name, profile: { repository: "demo", path: "demo/amd64" } };
  await store.putTarget(name, await store.putBlob(Buffer.from(JSON.stringify(bundle))));
}
