import { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { LogKey } from "../model/logs.ts";
import { StoreError } from "./errors.ts";
import { type BuildLogs, LOG_PIECE } from "./logs.ts";
import { LogFailureSchema } from "./logsWire.ts";

const Offset = z.coerce.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const Place = z.object({ begun: Offset, skip: z.enum(["true", "false"]).default("false") });
const Headers = z.object({ "upload-offset": Offset });
const Reading = z.object({ offset: Offset.default(0) });
const Completion = z.object({
  begun: z.int().nonnegative(),
  size: z.int().nonnegative(),
  failed: LogFailureSchema.nullable(),
});
const Key = z.object({
  run: z.string(),
  category: z.string(),
  pf: z.string(),
  attempt: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, "an attempt is a number from 1 on")
    .transform(Number),
});

const ONE = "/:run/:category/:pf/:attempt";

/** The routes of build logs, below /api/logs. */
export async function registerLogsApi(api: FastifyInstance, logs: BuildLogs): Promise<void> {
  api.get<{ Params: { run: string } }>("/:run", (request) => logs.list(request.params.run));
  api.get(`${ONE}/state`, (request) => logs.state(keyOf(request)));

  api.get(ONE, async (request, reply) => {
    const key = keyOf(request);
    const piece = await logs.read(key, Reading.parse(request.query).offset);
    if (piece === null) {
      throw new StoreError("not-found", `no log of ${key.cpv}, attempt ${key.attempt}, of ${key.run} in this binhost`);
    }
    const { offset, size, complete, cut, begun, bytes } = piece;
    return reply
      .type("text/plain; charset=utf-8")
      .headers({ "log-offset": offset, "log-size": size, "log-complete": String(complete), "log-begun": begun })
      .headers(cut === null ? {} : { "log-cut": `${cut.from}-${cut.to}` })
      .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  });

  api.patch(ONE, async (request) => {
    const { begun, skip } = Place.parse(request.query);
    const { "upload-offset": offset } = Headers.parse(request.headers);
    // Whole before anything is written: one that sends slowly holds up nobody.
    return logs.append(keyOf(request), { begun, offset, skip: skip === "true" }, await collect(request.body));
  });

  api.put(`${ONE}/complete`, (request) => logs.complete(keyOf(request), Completion.parse(request.body)));
}

function keyOf(request: FastifyRequest): LogKey {
  const { run, category, pf, attempt } = Key.parse(request.params);
  return { run, cpv: `${category}/${pf}`, attempt };
}

async function collect(body: unknown): Promise<Buffer> {
  if (!(body instanceof Readable))
    throw new StoreError("invalid", "a body of content-type application/octet-stream is needed");
  const chunks: Buffer[] = [];
  let size = 0;
  const pieces: AsyncIterable<Buffer> = body.iterator({ destroyOnReturn: false });
  for await (const chunk of pieces) {
    size += chunk.length;
    if (size > LOG_PIECE) throw new StoreError("invalid", `a log comes in pieces of at most ${LOG_PIECE} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
