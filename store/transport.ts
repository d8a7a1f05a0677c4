import { Readable } from "node:stream";
import { z } from "zod";
import { messageOf } from "../model/errors.ts";
import { ErrorSchema } from "./wire.ts";

/** The binhost refused, or could not be reached. Of failure class infrastructure, whatever the reason: no package is to blame. */
export class BinhostError extends Error {
  override readonly name = "BinhostError";
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  readonly class = "infrastructure";
  /** What to do about it, where the binhost told. */
  readonly hint: string | null;

  constructor(message: string, status: number, hint: string | null = null, cause?: unknown) {
    super(hint === null ? message : `${message}\n${hint}`, { cause });
    this.status = status;
    this.hint = hint;
  }
}

/** A binhost that says nothing for so long does not answer: no head of an answer, no more of it. ms */
const SILENT_MS = 60_000;
/** What is sent takes its own time: at least so much goes. bytes per ms */
const SLOWEST = 50;

type Body = { json: unknown } | { bytes: Uint8Array | Readable; headers?: Record<string, string> };

/** How requests come to a binhost, and its answers back. */
export class BinhostTransport {
  readonly url: string;
  readonly #token: string;
  readonly #silentMs: number;

  /** See BinhostClient. */
  constructor(url: string, token: string, silentMs = SILENT_MS) {
    this.url = url.replace(/\/+$/, "");
    this.#token = token;
    this.#silentMs = silentMs;
  }

  async json<T>(method: string, path: string, schema: z.ZodType<T>, body?: Body, signal?: AbortSignal): Promise<T> {
    const { bytes, status } = await this.whole(method, path, body, signal);
    const parsed = schema.safeParse(parseJson(bytes.toString("utf8")));
    if (parsed.success) return parsed.data;
    const what = z.prettifyError(parsed.error);
    throw new BinhostError(`${this.url}${path}: not an answer of a binhost: ${what}`, status);
  }

  /** null: there is nothing at that address. */
  async bytes(path: string, signal?: AbortSignal): Promise<{ headers: Headers; bytes: Uint8Array } | null> {
    try {
      return await this.whole("GET", path, undefined, signal);
    } catch (error) {
      if (error instanceof BinhostError && error.status === 404) return null;
      throw error;
    }
  }

  /** All of an answer. A file that is sent takes its time; of everything else silence is the end. */
  async whole(
    method: string,
    path: string,
    body?: Body,
    signal?: AbortSignal,
  ): Promise<{ status: number; headers: Headers; bytes: Buffer }> {
    const silence = new AbortController();
    const signals = AbortSignal.any([silence.signal, ...(signal ? [signal] : [])]);
    const length = lengthOf(body);
    const giveUp = (): void => silence.abort(unanswered(this.url, method, this.#silentMs));
    const timer = length === null ? undefined : setTimeout(giveUp, this.#silentMs + length / SLOWEST);
    try {
      const response = await this.send(method, path, body, signals);
      const chunks: Uint8Array[] = [];
      const read = async (): Promise<void> => {
        for await (const chunk of response.body ?? []) {
          chunks.push(chunk);
          timer?.refresh();
        }
      };
      await arrived(read(), this.url + path, signals);
      return { status: response.status, headers: response.headers, bytes: Buffer.concat(chunks) };
    } finally {
      clearTimeout(timer);
    }
  }

  /** The head of an answer. `signal` is all that ends the wait for it. */
  async send(method: string, path: string, body?: Body, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.#token}` };
    const init: RequestInit & { duplex?: "half" } = { method, headers };
    if (signal) init.signal = signal;
    if (body && "json" in body) {
      headers["content-type"] = "application/json";
      init.body = JSON.stringify(body.json);
    } else if (body) {
      Object.assign(headers, { "content-type": "application/octet-stream" }, body.headers);
      // Copied into a plain ArrayBuffer view: fetch's types refuse a view on shared memory.
      init.body = body.bytes instanceof Readable ? webStream(body.bytes) : new Uint8Array(body.bytes);
      if (body.bytes instanceof Readable) init.duplex = "half";
    }
    let response: Response;
    try {
      response = await fetch(this.url + path, init);
    } catch (error) {
      throw unreachable(error, this.url, signal);
    }
    if (response.ok) return response;
    const text = await arrived(response.text(), this.url + path, signal);
    const refusal = ErrorSchema.safeParse(parseJson(text));
    if (!refusal.success) {
      throw new BinhostError(`${this.url}${path}: HTTP ${response.status} ${response.statusText}`, response.status);
    }
    throw new BinhostError(refusal.data.error, response.status, refusal.data.hint ?? null);
  }
}

/** bytes; null: nobody knows how fast that goes. */
function lengthOf(body: Body | undefined): number | null {
  if (body === undefined || "json" in body) return 0;
  return body.bytes instanceof Readable ? null : body.bytes.length;
}

function unanswered(url: string, method: string, ms: number): BinhostError {
  const fate = method === "GET" ? "" : ". It may still be done: look before it is repeated";
  return new BinhostError(`binhost ${url}: no answer within ${ms / 1000} s${fate}`, 0);
}

function webStream(source: Readable): ReadableStream {
  return Readable.toWeb(source) as ReadableStream;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A body that ends early or never comes is the network's fault as much as a refused connection. */
export async function arrived<T>(body: Promise<T>, url: string, signal?: AbortSignal): Promise<T> {
  try {
    return await body;
  } catch (error) {
    throw unreachable(error, url, signal);
  }
}

/** A cancellation is passed on as its caller worded it: it is nobody's failure. */
function unreachable(error: unknown, url: string, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  const cause = error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error);
  return new BinhostError(`binhost ${url}: ${cause}`, 0, null, error);
}
