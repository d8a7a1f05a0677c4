import { z } from "zod";
import type { LogFailure, LogInfo, LogKey, LogPiece, LogState } from "../model/logs.ts";
import { LogHeadersSchema, LogInfoSchema, LogStateSchema } from "./logsWire.ts";

/** How the calls reach the binhost. */
export interface LogsTransport {
  json<T>(
    method: string,
    path: string,
    schema: z.ZodType<T>,
    body?: { json: unknown } | { bytes: Uint8Array; headers: Record<string, string> },
    signal?: AbortSignal,
  ): Promise<T>;
  /** null: there is nothing at that address. */
  bytes(path: string, signal?: AbortSignal): Promise<{ headers: Headers; bytes: Uint8Array } | null>;
  /** An answer that is not a binhost's. */
  strange(path: string, what: string): Error;
}

/** The build logs of a binhost over HTTP. Nothing is repeated here: every call may be. */
export class LogsClient {
  readonly #transport: LogsTransport;

  constructor(transport: LogsTransport) {
    this.#transport = transport;
  }

  state(key: LogKey, signal?: AbortSignal): Promise<LogState> {
    return this.#transport.json("GET", `${pathOf(key)}/state`, LogStateSchema, undefined, signal);
  }

  /** Brings at most 1 MiB of the log that was begun at `begun`. See `BuildLogs.append`. */
  append(
    key: LogKey,
    { begun, offset, bytes, skip = false }: { begun: number; offset: number; bytes: Uint8Array; skip?: boolean },
    signal?: AbortSignal,
  ): Promise<LogState> {
    const path = `${pathOf(key)}?begun=${begun}${skip ? "&skip=true" : ""}`;
    const body = { bytes, headers: { "upload-offset": String(offset) } };
    return this.#transport.json("PATCH", path, LogStateSchema, body, signal);
  }

  complete(
    key: LogKey,
    end: { begun: number; size: number; failed: LogFailure | null },
    signal?: AbortSignal,
  ): Promise<LogState> {
    return this.#transport.json("PUT", `${pathOf(key)}/complete`, LogStateSchema, { json: end }, signal);
  }

  /** What the log has from `offset` on, at most 1 MiB; null where the binhost has no such log. */
  async read(key: LogKey, offset = 0, signal?: AbortSignal): Promise<LogPiece | null> {
    const path = `${pathOf(key)}?offset=${offset}`;
    const answer = await this.#transport.bytes(path, signal);
    if (answer === null) return null;
    const headers = LogHeadersSchema.safeParse(Object.fromEntries(answer.headers));
    if (!headers.success) throw this.#transport.strange(path, z.prettifyError(headers.error));
    const { "log-offset": at, "log-size": size, "log-complete": complete, "log-begun": begun } = headers.data;
    const { bytes } = answer;
    return { offset: at, bytes, next: at + bytes.length, size, complete, cut: headers.data["log-cut"] ?? null, begun };
  }

  /** All that the log has from `offset` on, piece by piece; nothing where there is no such log. */
  async *pieces(key: LogKey, offset = 0, signal?: AbortSignal): AsyncGenerator<LogPiece> {
    for (let at = offset; ; ) {
      const piece = await this.read(key, at, signal);
      if (piece === null || piece.bytes.length === 0) return;
      yield piece;
      at = piece.next;
      if (at >= piece.size) return;
    }
  }

  list(run: string): Promise<LogInfo[]> {
    return this.#transport.json("GET", `/api/logs/${encodeURIComponent(run)}`, LogInfoSchema.array());
  }
}

function pathOf({ run, cpv, attempt }: LogKey): string {
  return `/api/logs/${[run, ...cpv.split("/"), String(attempt)].map(encodeURIComponent).join("/")}`;
}
