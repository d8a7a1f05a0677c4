import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { Event, Package } from "../gateway/schemas/run.ts";
import { State } from "../gateway/schemas/state.ts";
import { messageOf, UserError } from "../model/errors.ts";
import type { RunEvent } from "../model/events.ts";
import type { PackageView } from "../model/run.ts";
import { balanceWords, finalizeWords, unblockWords } from "./answers.ts";
import { type ServerSentEvent, serverSentEvents } from "./serverSentEvents.ts";
import { type Action, LOG_TAIL, type LogPart, type LogPlace, type Shown, type Source } from "./source.ts";

/** Pause before the stream is asked for again, at first and at most. ms */
const RETRY_MS = 500;
const LONGEST_RETRY_MS = 5_000;
/** The gateway says something at least every 15 s: after this it is gone, whatever the connection says. ms */
const SILENT_MS = 40_000;
/** An action may take the workflow its time: a finalize publishes. ms */
const ACT_WITHIN_MS = 120_000;
const ANSWER_WITHIN_MS = 15_000;
const MAX_EVENTS = 5_000;

const Packages = z.object({ full: z.boolean(), packages: z.array(Package) });
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
};
const Size = z.coerce.number().int().nonnegative();
const LogHeaders = z.object({
  "log-offset": Size,
  "log-size": Size,
  "log-complete": z.enum(["true", "false"]).transform((it) => it === "true"),
  "log-begun": Size.default(0),
});

export interface GatewayOptions {
  /** The gateway's root, `http://host:8090`. */
  url: string;
  token: string | null;
  target: string | undefined;
}

/** Looks through a gateway's live stream: however many monitors there are, the engine is asked once. */
export class GatewaySource implements Source {
  readonly via: string;
  readonly #url: string;
  readonly #token: string | null;
  readonly #target: string | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #stop = new AbortController();
  #following: Promise<void> | null = null;
  #state: State | null = null;
  #packages = new Map<string, PackageView>();
  #events: RunEvent[] = [];
  /** When the gateway last said anything. ms since the epoch */
  #heardAt = 0;
  /** Why it says nothing now; null: it does. */
  #problem: string | null = null;
  #lastId = "";

  constructor({ url, token, target }: GatewayOptions) {
    this.via = url.replace(/\/+$/, "");
    this.#url = this.via;
    this.#token = token;
    this.#target = target;
  }

  start(): void {
    this.#following ??= this.#follow();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#listeners.clear();
    await this.#following;
  }

  current(): Shown | null {
    const state = this.#state;
    if (!state) return null;
    const shown = { reading: state.reading, packages: [...this.#packages.values()], events: this.#events };
    // While it talks, what it last said is how things are: it says what changes.
    if (this.#problem === null) return { ...shown, at: state.stale ? state.at : this.#heardAt, stale: state.stale };
    return { ...shown, at: this.#heardAt, stale: this.#problem };
  }

  problem(): string | null {
    return this.#problem;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #changed(): void {
    if (this.#stop.signal.aborted) return;
    for (const listener of this.#listeners) listener();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    for (let pause = RETRY_MS; !signal.aborted; pause = Math.min(pause * 2, LONGEST_RETRY_MS)) {
      const before = this.#heardAt;
      try {
        await this.#stream();
        this.#problem = "the gateway ended the connection";
      } catch (error) {
        this.#problem = problemOf(error);
      }
      if (this.#heardAt > before) pause = RETRY_MS;
      this.#changed();
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }

  /** Takes one stream to its end. */
  async #stream(): Promise<void> {
    const silent = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const heard = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(new Error("it says nothing")), SILENT_MS);
      timer.unref();
    };
    heard();
    try {
      const headers = { accept: "text/event-stream", ...(this.#lastId ? { "last-event-id": this.#lastId } : {}) };
      const signal = AbortSignal.any([this.#stop.signal, silent.signal]);
      const { body } = await this.#ask("GET", `/live${this.#query()}`, { headers, signal });
      if (!body) throw new Error("it sent no stream");
      for await (const event of serverSentEvents(body)) {
        heard();
        this.#take(event);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #query(): string {
    return this.#target === undefined ? "" : `?target=${encodeURIComponent(this.#target)}`;
  }

  #take({ id, event, data }: ServerSentEvent): void {
    this.#heardAt = Date.now();
    this.#problem = null;
    if (event === "state") this.#takeState(State.parse(JSON.parse(data)));
    else if (event === "packages") this.#takePackages(Packages.parse(JSON.parse(data)));
    // An event of a kind that this version does not know is no reason to show nothing.
    else if (event === "run-event") this.#takeEvent(Event.safeParse(JSON.parse(data)).data);
    if (id !== "") this.#lastId = id;
    this.#changed();
  }

  #takeState(state: State): void {
    const isOther = state.reading.run?.run !== this.#state?.reading.run?.run;
    this.#state = state;
    if (!isOther) return;
    this.#packages.clear();
    this.#events = [];
  }

  #takePackages({ full, packages }: z.infer<typeof Packages>): void {
    if (full) this.#packages.clear();
    for (const each of packages) this.#packages.set(each.cpv, each);
  }

  #takeEvent(event: RunEvent | undefined): void {
    // After a connection that was lost for long everything is told anew.
    if (!event || event.id <= (this.#events.at(-1)?.id ?? "")) return;
    this.#events = [...this.#events, event].slice(-MAX_EVENTS);
  }

  async #ask(
    method: "GET" | "POST",
    path: string,
    { headers = {}, signal, body }: { headers?: Record<string, string>; signal: AbortSignal; body?: unknown },
  ): Promise<Response> {
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

  async operate(action: Action): Promise<string[]> {
    const target = this.#target ?? this.#state?.reading.run?.target;
    if (target === undefined) throw new UserError("There is no run. Start one: swarm run-update");
    const post = async <T>(name: string, schema: z.ZodType<T>, body: unknown = {}): Promise<T> => {
      const path = `/runs/${encodeURIComponent(target)}/${name}`;
      const response = await this.#ask("POST", path, { body, signal: AbortSignal.timeout(ACT_WITHIN_MS) }).catch(
        (error: unknown) => {
          throw error instanceof GatewayRefusal ? error : new UserError(problemOf(error));
        },
      );
      return schema.parse(await response.json());
    };
    switch (action.kind) {
      case "balance":
        return balanceWords(await post("balance", Answers.balance));
      case "unblock":
        return unblockWords((await post("unblock", Answers.unblock)).unblocked);
      case "pause":
      case "resume":
        return [`✓ ${(await post(action.kind, Answers.said)).answer}`];
      case "finalize":
        return finalizeWords(await post("finalize", Answers.finalize, { acceptFailed: action.acceptFailed }));
      case "reset":
        return [`✓ ${(await post("cancel", Answers.said)).answer}`, "→ Run: swarm run-update"];
    }
  }

  async readLog(place: LogPlace, offset: number | null): Promise<LogPart | null> {
    if (offset !== null) return await this.#readLog(place, offset);
    // Its length comes with any part of it.
    const first = await this.#readLog(place, 0);
    return first && first.size > LOG_TAIL ? await this.#readLog(place, first.size - LOG_TAIL) : first;
  }

  async #readLog({ run, cpv, attempt }: LogPlace, offset: number): Promise<LogPart | null> {
    const path = [run, ...cpv.split("/"), String(attempt)].map(encodeURIComponent).join("/");
    try {
      const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
      const response = await this.#ask("GET", `/logs/${path}?offset=${offset}`, { signal });
      const headers = LogHeaders.parse(Object.fromEntries(response.headers));
      const { "log-offset": at, "log-size": size, "log-complete": complete, "log-begun": begun } = headers;
      return { bytes: new Uint8Array(await response.arrayBuffer()), offset: at, size, complete, begun };
    } catch (error) {
      if (error instanceof GatewayRefusal && error.status === 404) return null;
      throw error;
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

/** Why the gateway tells nothing, in one sentence. */
function problemOf(error: unknown): string {
  if (error instanceof GatewayRefusal) return `the gateway refuses: ${error.problems.join(" ")}`;
  if (error instanceof z.ZodError) {
    return `the gateway's answer is not of this version: ${z.prettifyError(error).split("\n")[0]}`;
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return `the gateway does not answer: ${messageOf(cause) || "no reason is known"}`;
}
