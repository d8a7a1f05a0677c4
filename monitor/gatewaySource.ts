import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { Event, Package } from "../gateway/schemas/run.ts";
import { State } from "../gateway/schemas/state.ts";
import { UserError } from "../model/errors.ts";
import type { RunEvent } from "../model/events.ts";
import type { PackageView } from "../model/run.ts";
import { GatewayRequests, problemOf } from "./gatewayRequests.ts";
import { type ServerSentEvent, serverSentEvents } from "./serverSentEvents.ts";
import {
  type Action,
  LOG_TAIL,
  type LogPart,
  type LogPlace,
  NO_RUN,
  type Preview,
  type Shown,
  type Source,
} from "./source.ts";

/** Pause before the stream is asked for again, at first and at most. ms */
const RETRY_MS = 500;
const LONGEST_RETRY_MS = 5_000;
/** The gateway says something at least every 15 s: after this it is gone, whatever the connection says. ms */
const SILENT_MS = 40_000;
const MAX_EVENTS = 5_000;

const Packages = z.object({ full: z.boolean(), packages: z.array(Package) });

export interface GatewayOptions {
  /** The gateway's root, `http://host:8090`. */
  url: string;
  token: string | null;
  target: string | undefined;
}

/** Looks through a gateway's live stream: however many monitors there are, the engine is asked once. */
export class GatewaySource implements Source {
  readonly via: string;
  readonly #requests: GatewayRequests;
  readonly #target: string | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #stop = new AbortController();
  #following: Promise<void> | null = null;
  #state: State | null = null;
  #packages = new Map<string, PackageView>();
  /** `#packages` as a list, until something of it changes. */
  #list: readonly PackageView[] | null = null;
  #events: RunEvent[] = [];
  /** When the gateway last said anything. ms since the epoch */
  #heardAt = 0;
  /** Why it says nothing now; null: it does. */
  #problem: string | null = null;
  #lastId = "";

  constructor({ url, token, target }: GatewayOptions) {
    this.via = url.replace(/\/+$/, "");
    this.#requests = new GatewayRequests(this.via, token);
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
    this.#list ??= [...this.#packages.values()];
    const shown = { reading: state.reading, packages: this.#list, events: this.#events };
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
      const { body } = await this.#requests.ask("GET", `/live${this.#query()}`, { headers, signal });
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
    this.#list = null;
    this.#events = [];
  }

  #takePackages({ full, packages }: z.infer<typeof Packages>): void {
    this.#list = null;
    if (full) this.#packages.clear();
    for (const each of packages) this.#packages.set(each.cpv, each);
  }

  #takeEvent(event: RunEvent | undefined): void {
    // After a connection that was lost for long everything is told anew.
    if (!event || event.id <= (this.#events.at(-1)?.id ?? "")) return;
    this.#events = [...this.#events, event].slice(-MAX_EVENTS);
  }

  /** Whose run is shown. */
  #shownTarget(): string {
    const target = this.#state?.reading.run?.target;
    if (target === undefined) throw new UserError(NO_RUN);
    return target;
  }

  async preview(): Promise<Preview> {
    return await this.#requests.preview(this.#shownTarget());
  }

  async operate(action: Action): Promise<string[]> {
    return await this.#requests.operate(this.#shownTarget(), action);
  }

  async readLog(place: LogPlace, offset: number | null): Promise<LogPart | null> {
    const { signal } = this.#stop;
    if (offset !== null) return await this.#requests.readLog(place, offset, signal);
    // Its length comes with any part of it.
    const first = await this.#requests.readLog(place, 0, signal);
    return first && first.size > LOG_TAIL ? await this.#requests.readLog(place, first.size - LOG_TAIL, signal) : first;
  }
}
