import { realpath } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { isName } from "../model/names.ts";
import { orNull } from "./errors.ts";
import { isPlain, Layout } from "./layout.ts";
import type { PackageStore } from "./store.ts";

/**
 * Serves each target's current snapshot to Portage clients: GET and HEAD with ranges, ETag, Last-Modified.
 * `current` is resolved once per request, so that one answer is of one snapshot whatever is published meanwhile.
 */
export async function registerPackageFiles(server: FastifyInstance, store: PackageStore, name: string): Promise<void> {
  const layout = new Layout(store.dir);
  server.get<{ Params: { target: string; "*": string } }>(`/${name}/:target/*`, async (request, reply) => {
    const { target, "*": path } = request.params;
    // Already decoded, once. Only plain names pass, so no name can lead out of the snapshot.
    if (!isName(target) || !path.split("/").every(isPlain)) return reply.callNotFound();
    const root = await orNull(realpath(join(layout.current(target), "packages")));
    if (root === null) return reply.callNotFound();
    return reply.sendFile(path, root, { index: false, cacheControl: false });
  });
}
