import { createServer, type Server } from "node:http";
import type { SwarmConfig } from "../config/schema.ts";
import { messageOf } from "../model/errors.ts";
import type { RoleHealth } from "../model/health.ts";
import { hostAndPort } from "../system/ports.ts";
import { EXPOSITION_TYPE } from "../telemetry/exposition.ts";

/** A machine has fewer roles. */
const PORTS = 100;
/** Prometheus asks with one connection. */
const MAX_CONNECTIONS = 100;
/** Whoever does not send a request in this time sends none. ms */
const REQUEST_MS = 10_000;

export interface RoleAnswers {
  health: () => RoleHealth;
  /** In Prometheus' text format. */
  metrics: () => Promise<string>;
}

export interface RoleServer {
  /** `http://127.0.0.1:9464` */
  url: string;
  close: () => Promise<void>;
}

/**
 * Serves /metrics and /healthz of a role at the first free port from the configured one on, for whoever reaches the address.
 * null where there is none: that keeps no role from its work.
 */
export async function serveRole(
  { listen, port }: SwarmConfig["metrics"],
  answers: RoleAnswers,
  log: (line: string) => void,
): Promise<RoleServer | null> {
  const server = createRoleServer(answers);
  const last = Math.min(65_535, port + PORTS - 1);
  for (let tried = port; tried <= last; tried++) {
    const problem = await listening(server, listen, tried);
    if (problem === null) {
      // No file descriptor left for a connection, and the like: the role works on.
      server.on("error", (error) => log(`metrics: ${messageOf(error)}`));
      // A role that has nothing else to do ends.
      server.unref();
      const url = `http://${hostAndPort(listen, tried)}`;
      log(`metrics and health: ${url}/metrics, ${url}/healthz`);
      return { url, close: () => closed(server) };
    }
    if (problem.code !== "EADDRINUSE") {
      log(`no metrics: cannot listen on ${listen}:${tried}: ${messageOf(problem)}. Mend [metrics] listen and port`);
      return null;
    }
  }
  log(`no metrics: every port from ${port} to ${last} on ${listen} is in use. Set [metrics] port to a free range`);
  return null;
}

function createRoleServer({ health, metrics }: RoleAnswers): Server {
  const limits = { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, keepAliveTimeout: REQUEST_MS };
  const server = createServer({ ...limits, maxHeaderSize: 8192 }, (request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, {
        "content-type": type,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      });
      response.end(request.method === "HEAD" ? undefined : body);
    };
    const json = (status: number, value: unknown): void =>
      answer(status, "application/json; charset=utf-8", `${JSON.stringify(value)}\n`);
    // A body is not read: what has one is answered, and its connection ended.
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("connection", "close");
      return json(405, { error: `${request.method} is not taken here`, hint: "GET /metrics or GET /healthz" });
    }
    switch (request.url?.split("?", 1)[0]) {
      case "/healthz": {
        const state = health();
        return json(state.ready ? 200 : 503, state);
      }
      case "/metrics":
        return void metrics().then(
          (text) => answer(200, EXPOSITION_TYPE, text),
          (error: unknown) => json(500, { error: messageOf(error) }),
        );
      default:
        return json(404, { error: "there is nothing here", hint: "GET /metrics or GET /healthz" });
    }
  });
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

function listening(server: Server, host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => resolve(error);
    server.once("error", failed);
    server.listen(port, host, () => {
      server.off("error", failed);
      resolve(null);
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
