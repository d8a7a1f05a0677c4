import { createHash, timingSafeEqual } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { StoreError } from "./errors.ts";
import { registerHistoryApi } from "./historyApi.ts";
import { registerLogsApi } from "./logsApi.ts";
import type { PackageStore } from "./store.ts";
import { BuildKeySchema, Sha256 } from "./wire.ts";

/** A plan of 20,000 packages is some 20 MB. */
const MAX_BLOB_BYTES = 256 * 1024 * 1024;

const UploadQuery = z.object({ size: z.coerce.number().int().positive(), sha256: Sha256 });
const UploadOffset = z.object({ "upload-offset": z.coerce.number().int().nonnegative() });

interface Named {
  Params: { name: string };
}

/** The routes below /api; all need the token. */
export async function registerApi(api: FastifyInstance, store: PackageStore, token: string): Promise<void> {
  api.addHook("onRequest", async (request, reply) => {
    if (isToken(request.headers.authorization, token)) return;
    const hint = "Send the swarm's token (swarm.token_file of the binhost) as Authorization: Bearer.";
    return reply.code(401).send({ error: "wrong or missing token", hint });
  });

  api.put<Named>("/blobs/:name", async (request) => {
    const sha256 = Sha256.parse(request.params.name);
    const bytes = await collect(body(request.body), MAX_BLOB_BYTES);
    const got = createHash("sha256").update(bytes).digest("hex");
    if (got !== sha256) throw new StoreError("invalid", `blob ${sha256} arrived with SHA-256 ${got}`);
    return { sha256: await store.putBlob(bytes) };
  });
  api.get<Named>("/blobs/:name", async (request, reply) => {
    return reply.type("application/octet-stream").send(await store.getBlob(request.params.name));
  });

  api.get("/targets", async (request) => {
    const targets = await store.targets();
    // Who asks so knows that other form: a gateway of an earlier version does not.
    const { view } = z.object({ view: z.string().optional() }).parse(request.query);
    return view === undefined ? targets : { targets, history: store.history.revision() };
  });
  api.get<Named>("/targets/:name", (request) => store.target(request.params.name));
  api.put<Named>("/targets/:name", (request) => {
    const { bundle } = z.object({ bundle: Sha256 }).parse(request.body);
    return store.putTarget(request.params.name, bundle);
  });
  api.get<Named>("/targets/:name/snapshots", (request) => store.snapshots(request.params.name));
  api.get<{ Params: { name: string; id: string } }>("/targets/:name/snapshots/:id", async (request) => {
    return { snapshot: await store.snapshot(request.params.name, request.params.id) };
  });
  api.get<Named>("/targets/:name/diff", (request) => {
    const { from, to } = z.object({ from: z.string(), to: z.string() }).parse(request.query);
    return store.diff(request.params.name, from, to);
  });
  api.post<Named>("/targets/:name/rollback", (request) => {
    const { id } = z.object({ id: z.string() }).parse(request.body);
    return store.rollback(request.params.name, id);
  });
  api.post<Named>("/targets/:name/prune", (request) => {
    const { keep } = z.object({ keep: z.int() }).parse(request.body);
    return store.prune(request.params.name, keep);
  });

  // GET serves HEAD too: the offset is a header for those who ask so.
  api.get<Named>("/uploads/:name", async (request, reply) => {
    const state = await store.uploadState({ id: request.params.name, ...UploadQuery.parse(request.query) });
    return reply.header("upload-offset", state.offset).send(state);
  });
  api.patch<Named>("/uploads/:name", (request) => {
    const upload = { id: request.params.name, ...UploadQuery.parse(request.query) };
    const { "upload-offset": offset } = UploadOffset.parse(request.headers);
    const length = request.headers["content-length"];
    if (length !== undefined && offset + Number(length) > upload.size) {
      throw new StoreError(
        "invalid",
        `upload ${upload.id}: ${length} bytes at ${offset} are more than the ${upload.size} announced`,
      );
    }
    return store.appendUpload(upload, offset, body(request.body));
  });

  api.get("/staging", () => store.stagingRuns());
  api.get<Named>("/staging/:name", (request) => store.staged(request.params.name));
  api.post<Named>("/staging/:name/find", (request) => {
    return store.findStaged(request.params.name, z.array(BuildKeySchema).parse(request.body));
  });
  api.delete<Named>("/staging/:name", async (request) => {
    await store.clearStaging(request.params.name);
    return {};
  });

  api.register((routes) => registerHistoryApi(routes, store.history), { prefix: "/history" });
  api.register((routes) => registerLogsApi(routes, store.logs), { prefix: "/logs" });

  api.get<Named>("/artifacts/:name", async (request, reply) => {
    const file = await store.artifactFile(request.params.name);
    const { size } = await stat(file);
    return reply.type("application/octet-stream").header("content-length", size).send(createReadStream(file));
  });
}

/** Both are hashed first: the comparison takes the same time whatever was sent, of whatever length. */
function isToken(authorization: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(authorization ?? ""), digest(`Bearer ${token}`));
}

function body(received: unknown): Readable {
  if (received instanceof Readable) return received;
  throw new StoreError("invalid", "a body of content-type application/octet-stream is needed");
}

async function collect(source: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const pieces: AsyncIterable<Buffer> = source.iterator({ destroyOnReturn: false });
  for await (const chunk of pieces) {
    size += chunk.length;
    if (size > limit) throw new StoreError("invalid", `a blob has at most ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
