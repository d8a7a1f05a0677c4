import fastifyStatic from "@fastify/static";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from "fastify";
import { z } from "zod";
import { messageOf, usageError } from "../model/errors.ts";
import type { RoleHealth } from "../model/health.ts";
import { registerApi } from "./api.ts";
import { StoreError, type StoreErrorKind } from "./errors.ts";
import { registerPackageFiles } from "./packageFiles.ts";
import type { PackageStore } from "./store.ts";

/** A connection on which nothing moves for so long is dead: its upload must not block the next try of the same one. */
const IDLE_MS = 60_000;

/** So long a sender may go on after an answer that came early, to read it; an endless body ends then. */
const LINGER_MS = 1000;

/** Of Prometheus' text format. */
const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

const STATUS: Record<StoreErrorKind, number> = {
  "not-found": 404,
  invalid: 400,
  conflict: 409,
  full: 507,
  broken: 500,
};

/** What the binhost's own addresses are; no binhost is called so. */
const RESERVED = ["api", "healthz", "metrics"];

export interface BinhostServerOptions {
  token: string;
  name: string;
  health?: () => RoleHealth;
  /** In Prometheus' text format; absent: none are told. */
  metrics?: () => Promise<string>;
}

/**
 * The binhost's HTTP: package files for clients at /<name>/<target>/, and the API below /api for those who have the token.
 * Health and metrics need none, as the package files: whoever reaches the port may read them.
 * Not yet listening. Every refusal is `{ error, hint? }`.
 */
export function createBinhostServer(store: PackageStore, options: BinhostServerOptions): FastifyInstance {
  if (RESERVED.includes(options.name)) {
    throw usageError(`binhost.name: ${options.name} is taken by the binhost's own addresses; choose another name`);
  }
  if (options.token === "") throw usageError("swarm.token_file: the token is empty: everybody would have it");
  const server = fastify({ connectionTimeout: IDLE_MS, routerOptions: { maxParamLength: 1000 } });
  // Uploads and blobs are streams: nothing is buffered before its handler decides.
  server.addContentTypeParser("application/octet-stream", (_request, payload, done) => done(null, payload));
  server.setErrorHandler((error: FastifyError, _request, reply) => refuse(reply, error));
  server.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: `nothing at ${request.url.slice(0, 300)}` }),
  );
  server.addHook("onResponse", async ({ raw }) => {
    const end = (): void => void (raw.complete || raw.socket.destroy());
    if (!raw.complete) setTimeout(end, LINGER_MS).unref();
  });
  const { health, metrics } = options;
  // It serves packages also while it is not ready for runs: `ok` says so.
  server.get("/healthz", () => ({ name: options.name, role: "binhost", ok: true, ...health?.() }));
  if (metrics) server.get("/metrics", async (_, reply) => reply.type(METRICS_TYPE).send(await metrics()));
  server.register(fastifyStatic, { root: store.dir, serve: false });
  server.register((api) => registerApi(api, store, options.token), { prefix: "/api" });
  server.register((files) => registerPackageFiles(files, store, options.name));
  return server;
}

function refuse(reply: FastifyReply, error: FastifyError): FastifyReply {
  if (error instanceof StoreError) {
    const { message, hint, offset, kind } = error;
    return reply.code(STATUS[kind]).send({ error: message, ...(hint && { hint }), ...(offset !== null && { offset }) });
  }
  if (error instanceof z.ZodError) return reply.code(400).send({ error: `bad request: ${z.prettifyError(error)}` });
  const status = error.statusCode !== undefined && error.statusCode < 500 ? error.statusCode : 500;
  return reply.code(status).send({ error: messageOf(error) });
}
