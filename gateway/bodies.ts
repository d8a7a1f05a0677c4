import { Transform } from "node:stream";
import type { FastifyInstance } from "fastify";
import { bytes } from "../model/words.ts";
import { holderOf, type Limits, Places } from "./limits.ts";

/** What a piece of a body takes beside its bytes, however small it is. bytes */
const PIECE = 256;

/**
 * Bounds what the bodies of all requests hold together, from their first byte until they are answered: those of one token,
 * or address without one, and those of all. Who has no token takes nothing away from those who have.
 */
export function registerBodies(app: FastifyInstance, { bodies, bodiesEach }: Limits): void {
  const ofStrangers = new Places(bodies, bodiesEach, bytes);
  const ofHolders = new Places(bodies, bodiesEach, bytes);
  app.addHook("preParsing", (request, reply, payload, done) => {
    const { headers, caller } = request;
    if (headers["transfer-encoding"] === undefined && !(Number(headers["content-length"]) > 0))
      return done(null, payload);
    const room = caller.role === null ? ofStrangers : ofHolders;
    const holder = holderOf(request);
    const taken: (() => void)[] = [];
    const counted = new Transform({
      transform(piece: Buffer, _encoding, next) {
        try {
          taken.push(room.take(holder, "bytes in bodies of requests", piece.length + PIECE));
        } catch (error) {
          letGoBy();
          return next(error as Error);
        }
        next(null, piece);
      },
    });
    // What is not taken is let go by, so that the answer is heard.
    const letGoBy = (): void => void payload.unpipe(counted).resume();
    payload.on("error", (error) => counted.destroy(error));
    // Nobody may read it: it is of a kind that is not taken.
    counted.on("error", () => {});
    reply.raw.on("close", () => {
      for (const release of taken) release();
      letGoBy();
      counted.destroy();
    });
    done(null, payload.pipe(counted));
  });
}
