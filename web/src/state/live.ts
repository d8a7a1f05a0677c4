import { batch, computed, effect, signal } from "@preact/signals";
import type { PackagesChange, StateAnswer } from "../../../model/answers.ts";
import { EventStreamParser, type StreamMessage } from "../../../model/eventStream.ts";
import type { RunEvent } from "../../../model/events.ts";
import type { PackageView } from "../../../model/run.ts";
import { address, get, RequestError, send, wordsOf } from "../wire/request.ts";
import { setClock, timeNow } from "./clock.ts";
import { mustLogIn, role, token } from "./session.ts";

/** How the page hears of changes. */
export interface Link {
  status: "connecting" | "open" | "lost";
  /** Why it was lost. */
  reason: string | null;
  /** ms: when it is tried again. */
  nextTryAt: number | null;
}

/** The gateway says something at least each 15 seconds. ms */
const SILENCE_MS = 40_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;
/** A connection that lasted so long was a good one: after it the next attempt is made soon again. ms */
const STEADY_MS = 5_000;
export const KEPT_EVENTS = 5_000;

export const link = signal<Link>({ status: "connecting", reason: null, nextTryAt: null });
export const state = signal<StateAnswer | null>(null);
/** ms: when the page last heard of the gateway. */
export const heardAt = signal(0);
/** The packages of the shown run by CPV; another map after each change. */
export const packages = signal<ReadonlyMap<string, PackageView>>(new Map());
/** The events of the shown run, newest last. */
export const events = signal<readonly RunEvent[]>([]);
/** Counts what decides the critical path: packages that were built, cannot be, or are to be built again. */
export const turns = signal(0);
/** The target that was chosen; null: the gateway's choice. */
export const chosenTarget = signal<string | null>(sessionStorage.getItem("swarm-target"));

export const run = computed(() => state.value?.reading.run ?? null);
/** What estimates depend on. */
export const droneFacts = computed(() => JSON.stringify(run.value?.drones.map(({ cores, speed }) => [cores, speed])));
/** The target that is shown. */
export const target = computed(
  () => chosenTarget.value ?? run.value?.target ?? state.value?.reading.targets?.[0] ?? null,
);

export function chooseTarget(name: string): void {
  sessionStorage.setItem("swarm-target", name);
  chosenTarget.value = name;
}

let lastId = "";
let attempts = 0;
let current: AbortController | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Follows the gateway for as long as the page is open; anew with another token or target. */
export function startLive(): void {
  effect(() => {
    token.value;
    chosenTarget.value;
    forget();
    reconnect();
  });
  addEventListener("online", reconnect);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && link.value.status === "lost") reconnect();
  });
}

/** Asks for what happened before the page was opened: the stream begins with the newest events only. */
export async function loadEarlierEvents(signal: AbortSignal): Promise<void> {
  const of = run.peek();
  if (of === null) return;
  const earlier = await get<RunEvent[]>(address(["runs", of.target, "events"], { limit: KEPT_EVENTS }), signal);
  if (run.peek()?.run === of.run) events.value = merged(earlier, events.peek());
}

/** Tries again at once. */
export function reconnect(): void {
  clearTimeout(timer);
  current?.abort();
  const connection = new AbortController();
  current = connection;
  follow(connection.signal).catch((error: unknown) => {
    if (current === connection) lost(error);
  });
}

function forget(): void {
  lastId = "";
  attempts = 0;
  batch(() => {
    state.value = null;
    packages.value = new Map();
    events.value = [];
    link.value = { status: "connecting", reason: null, nextTryAt: null };
  });
}

/** `fetch` reads the stream instead of EventSource because that one cannot send a token. */
async function follow(stopped: AbortSignal): Promise<void> {
  const silence = new AbortController();
  let alarm = setTimeout(() => silence.abort(), SILENCE_MS);
  let steady: ReturnType<typeof setTimeout> | undefined;
  const headers: Record<string, string> = { accept: "text/event-stream" };
  if (lastId !== "") headers["last-event-id"] = lastId;
  try {
    const signals = AbortSignal.any([stopped, silence.signal]);
    const url = address(["live"], { target: chosenTarget.peek() });
    const { body, headers: told } = await send(url, { headers, signal: signals, cache: "no-store" }, token.peek());
    setClock(Date.parse(told.get("date") ?? ""));
    steady = setTimeout(() => {
      attempts = 0;
    }, STEADY_MS);
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new EventStreamParser(lastId);
    for (;;) {
      const part = await reader?.read();
      if (part === undefined || part.done) throw new RequestError(0, "The gateway ended the connection.");
      clearTimeout(alarm);
      alarm = setTimeout(() => silence.abort(), SILENCE_MS);
      take(parser.push(part.value));
    }
  } finally {
    clearTimeout(alarm);
    clearTimeout(steady);
  }
}

function lost(error: unknown): void {
  if (error instanceof RequestError && (error.status === 401 || error.status === 403)) {
    batch(() => {
      role.value = null;
      mustLogIn.value = true;
      link.value = { status: "lost", reason: wordsOf(error), nextTryAt: null };
    });
    return;
  }
  attempts++;
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempts - 1)) * (0.75 + Math.random() / 2);
  const silent = error instanceof Error && error.name === "AbortError";
  const reason = silent ? "The gateway has been silent for too long." : wordsOf(error);
  link.value = { status: "lost", reason, nextTryAt: timeNow() + wait };
  timer = setTimeout(reconnect, wait);
}

/** Takes over all that came at once. */
function take(messages: readonly StreamMessage[]): void {
  if (messages.length === 0) return;
  batch(() => {
    heardAt.value = timeNow();
    if (link.value.status !== "open") link.value = { status: "open", reason: null, nextTryAt: null };
    const happened: RunEvent[] = [];
    for (const { event, data, id } of messages) {
      lastId = id;
      if (event === "state") takeState(JSON.parse(data) as StateAnswer, happened);
      else if (event === "packages") takePackages(JSON.parse(data) as PackagesChange);
      else if (event === "ping") setClock(Number(data));
      else if (event === "run-event") happened.push(JSON.parse(data) as RunEvent);
    }
    if (happened.length > 0) events.value = merged(events.value, happened);
  });
}

function takeState(answer: StateAnswer, happened: RunEvent[]): void {
  const before = run.peek()?.run;
  const after = answer.reading.run?.run;
  if (before !== undefined && after !== undefined && before !== after) {
    events.value = [];
    happened.length = 0;
    packages.value = new Map();
  }
  state.value = answer;
  role.value = answer.role;
  mustLogIn.value = false;
}

function takePackages({ full, packages: changed }: PackagesChange): void {
  const next = full ? new Map<string, PackageView>() : new Map(packages.peek());
  let isTurn = full;
  for (const one of changed) {
    isTurn ||= isOpen(next.get(one.cpv)) !== isOpen(one);
    next.set(one.cpv, one);
  }
  packages.value = next;
  if (isTurn) turns.value++;
}

function isOpen(one: PackageView | undefined): boolean {
  return one?.state === "needed" || one?.state === "delegated";
}

/** After a connection was lost some may come twice. */
function merged(known: readonly RunEvent[], more: readonly RunEvent[]): RunEvent[] {
  const last = known.at(-1)?.id ?? "";
  if (more.every(({ id }, i) => id > (more[i - 1]?.id ?? last))) return [...known, ...more].slice(-KEPT_EVENTS);
  const byId = new Map([...known, ...more].map((event) => [event.id, event]));
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(-KEPT_EVENTS);
}
