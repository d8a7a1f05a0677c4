import fastify, { type FastifyInstance } from "fastify";
import type { PackageStore } from "./store.ts";

/** The binhost's HTTP: package files for clients, and the API below /api for those who have the token. */
export function createBinhostServer(store: PackageStore, options: { token: string; name: string }): FastifyInstance {
  const server = fastify();
  server.get("/healthz", () => ({ name: options.name, role: "binhost", ok: store.name === options.name }));
  return server;
}
