import type { FastifyInstance } from "fastify";
import { SLICE } from "./outlet.ts";
import type { SlowReaders } from "./slowReaders.ts";

/** Large answers wait for their readers as streams do: they count for the same limits. */
export function registerSlowAnswers(app: FastifyInstance, slow: SlowReaders): void {
  app.addHook<unknown>("onSend", ({ raw: { socket } }, { raw }, payload, done) => {
    const isWhole = typeof payload === "string" || Buffer.isBuffer(payload);
    if (isWhole && payload.length > SLICE && !raw.destroyed) {
      const release = slow.add({
        get waiting() {
          return raw.writableLength;
        },
        get taken() {
          return -raw.writableLength;
        },
        connection: socket,
        drop: () => raw.destroy(),
      });
      raw.on("close", release);
      // As for streams; for the next request it is set anew.
      socket.setTimeout(0);
    }
    done(null, payload);
  });
}
