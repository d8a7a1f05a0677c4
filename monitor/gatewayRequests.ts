import { z } from "zod";
import { messageOf, UserError } from "../model/errors.ts";
import { balanceWords, finalizeWords, resetWords, unblockWords } from "./answers.ts";
import type { Action, LogPart, LogPlace, Preview } from "./source.ts";

/** So long an answer may take. ms */
const DEADLINES = {
  /** Of what is only looked at. */
  answer: 15_000,
  /** An action may take the workflow its time: a finalize publishes, a reset waits for the end of a run that may be stuck. */
  act: 180_000,
};

const Refusal = z.object({ error: z.string(), hint: z.string().nullish() });
const Answers = {
  balance: z.object({
    freed: z.array(z.string()),
    moved: z.array(
      z.object({ cpv: z.string(), from: z.string(), to: z.string(), here: z.number(), there: z.number() }),
    ),
    kept: z.array(
      z.object({ cpv: z.string(), drone: z.string(), better: z.string(), here: z.number(), there: z.number() }),
    ),
  }),
  unblock: z.object({ unblocked: z.array(z.string()) }),
  finalize: z.object({ snapshot: z.string(), packages: z.number(), added: z.number() }),
  said: z.object({ answer: z.string() }),
  reset: z.object({
    cancelled: z.string().nullable(),
    terminated: z.boolean(),
    builds: z.number(),
    staging: z.array(z.string()),
  }),
};
const PreviewAnswer: z.ZodType<Preview> = z.object({
  run: z.string(),
  added: z.array(z.string()),
  changed: z.array(z.string()),
  failed: z.array(z.string()),
  skipped: z.array(z.string()),
  bytes: z.number(),
  risk: z.enum(["none", "some", "do not"]),
  words: z.array(z.string()),
  refusal: z.string().nullable(),
});
const Size = z.coerce.number().int().nonnegative();
const LogHeaders = z.object({
  "log-offset": Size,
  "log-size": Size,
  "log-complete": z.enum(["true", "false"]).transform((it) => it === "true"),
  "log-begun": Size.default(0),
});

interface Request {
  headers?: Record<string, string>;
  signal: AbortSignal;
  body?: unknown;
}

/** What is asked of a gateway, in the name of whoever has the token. */
export class GatewayRequests {
  readonly #url: string;
  readonly #token: string | null;
  readonly #deadlines: typeof DEADLINES;

  /** @param url the gateway's root, without a slash at its end. */
  constructor(url: string, token: string | null, deadlines = DEADLINES) {
    this.#url = url;
    this.#token = token;
    this.#deadlines = deadlines;
  }

  /** @throws GatewayRefusal with the gateway's own words. */
  async ask(method: "GET" | "POST", path: string, { headers = {}, signal, body }: Request): Promise<Response> {
    const response = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      signal,
      headers: {
        ...headers,
        ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.ok) return response;
    const told = Refusal.safeParse(await response.json().catch(() => null)).data;
    if (!told) throw new GatewayRefusal(response.status, [`the gateway answered HTTP ${response.status}`]);
    throw new GatewayRefusal(response.status, [told.error, ...(told.hint ? [told.hint] : [])]);
  }

  /** What finalize would publish of the run of a target. */
  preview(target: string): Promise<Preview> {
    const signal = AbortSignal.timeout(this.#deadlines.answer);
    return this.#answer("GET", `/runs/${encodeURIComponent(target)}/finalize`, PreviewAnswer, { signal });
  }

  /** Does it, and says what came of it. */
  async operate(target: string, action: Action): Promise<string[]> {
    const { run } = action;
    const post = <T>(schema: z.ZodType<T>, body: object = {}): Promise<T> => {
      const signal = AbortSignal.timeout(this.#deadlines.act);
      const path = `/runs/${encodeURIComponent(target)}/${action.kind}`;
      return this.#answer("POST", path, schema, { body: { run, ...body }, signal });
    };
    switch (action.kind) {
      case "balance":
        return balanceWords(await post(Answers.balance));
      case "unblock":
        return unblockWords((await post(Answers.unblock)).unblocked);
      case "pause":
      case "resume":
        return [`✓ ${(await post(Answers.said)).answer}`];
      case "finalize":
        return finalizeWords(await post(Answers.finalize, { acceptFailed: action.acceptFailed }));
      case "reset":
        return resetWords(await post(Answers.reset));
    }
  }

  /** Null: there is no such log. */
  async readLog({ run, cpv, attempt }: LogPlace, offset: number, stop: AbortSignal): Promise<LogPart | null> {
    const path = [run, ...cpv.split("/"), String(attempt)].map(encodeURIComponent).join("/");
    try {
      const signal = AbortSignal.any([stop, AbortSignal.timeout(this.#deadlines.answer)]);
      const response = await this.ask("GET", `/logs/${path}?offset=${offset}`, { signal });
      const headers = LogHeaders.parse(Object.fromEntries(response.headers));
      const { "log-offset": at, "log-size": size, "log-complete": complete, "log-begun": begun } = headers;
      return { bytes: new Uint8Array(await response.arrayBuffer()), offset: at, size, complete, begun };
    } catch (error) {
      if (error instanceof GatewayRefusal && error.status === 404) return null;
      throw error;
    }
  }

  async #answer<T>(method: "GET" | "POST", path: string, schema: z.ZodType<T>, request: Request): Promise<T> {
    try {
      const response = await this.ask(method, path, request);
      return schema.parse(await response.json());
    } catch (error) {
      throw error instanceof GatewayRefusal ? error : new UserError(problemOf(error));
    }
  }
}

/** The gateway's own words for what it does not do. */
class GatewayRefusal extends UserError {
  readonly status: number;

  constructor(status: number, problems: string[]) {
    super(problems);
    this.status = status;
  }
}

/** Why the gateway tells nothing, in one sentence; where it is silent, what to do on a second line. */
export function problemOf(error: unknown): string {
  if (error instanceof GatewayRefusal) return `the gateway refuses: ${error.problems.join(" ")}`;
  if (error instanceof z.ZodError) {
    return `the gateway's answer is not of this version: ${z.prettifyError(error).split("\n")[0]}`;
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return `the gateway does not answer: ${messageOf(cause) || "no reason is known"}\n${ELSEWHERE}`;
}

const ELSEWHERE = "Asked again all the time. Elsewhere by now? q: swarm monitor --gateway URL";
