import { ApplicationFailure, condition, setHandler } from "@temporalio/workflow";
import type { BinhostActivities } from "../model/activities.ts";
import { hasAtomShape, queuedWords } from "../model/orders.ts";
import {
  type BalanceAnswer,
  balanceSignal,
  balanceUpdate,
  cancelSignal,
  cancelUpdate,
  finalizeSignal,
  finalizeUpdate,
  pauseSignal,
  pauseUpdate,
  prioritizeSignal,
  prioritizeUpdate,
  type QueueAnswer,
  queueSignal,
  queueUpdate,
  resumeSignal,
  resumeUpdate,
  unblockSignal,
  unblockUpdate,
} from "./messages.ts";
import type { RunState } from "./states/run.ts";

/** What operators have decided of a run, and what came of it. */
export interface Decisions {
  finalizing: { acceptFailed: boolean; by: string } | null;
  published: Awaited<ReturnType<BinhostActivities["publish"]>> | null;
  cancelledBy: string | null;
}

export interface Operated {
  state: RunState;
  decisions: Decisions;
  /** The run looks again at what to do. */
  wake: () => void;
  /** Interrupts whatever the run does. */
  interrupt: () => void;
  /** Brings builds to where they would be done sooner. */
  balance: () => Promise<BalanceAnswer>;
}

/** Listens to operators: updates, which are refused at once, and plain signals of the same meaning. */
export function handleOperators({ state, decisions, wake, interrupt, balance }: Operated): void {
  const finalizeRefusal = (acceptFailed: boolean): string | null =>
    decisions.finalizing === null
      ? state.finalizeRefusal(acceptFailed)
      : `finalize was given already by ${decisions.finalizing.by}`;
  /** Whoever acts has seen a run: another one of the target may have begun since. */
  const otherRun = (request: unknown): string | null => {
    const meant = textOf(request, "run");
    if (meant === null || meant === state.head.run) return null;
    return `${meant} is not the run in progress any more: that is ${state.head.run}. Nothing was done`;
  };
  const over = (): string | null => (state.head.endedAt === null ? null : "the run is over");
  const publishing = (): string | null =>
    decisions.finalizing === null
      ? null
      : `the run is being published (finalize by ${decisions.finalizing.by}): it is too late for that`;
  const building = (): string | null =>
    publishing() ??
    (decisions.cancelledBy === null ? null : `the run is cancelled by ${decisions.cancelledBy}`) ??
    (state.head.step === "build" || state.head.step === "gate" ? null : `the run is at the step ${state.head.step}`);
  const prioritizeRefusal = (request: unknown): string | null =>
    building() ??
    // A list that was left out by mistake must not end the priorities.
    (field(request, "packages") === undefined ? LIST_NEEDED : badPackages(request)) ??
    state.prioritizeRefusal(packagesOf(request) ?? []);

  setHandler(
    finalizeUpdate,
    async (request) => {
      finalize(request, "an operator");
      wake();
      await condition(() => state.head.endedAt !== null);
      const { published } = decisions;
      if (published === null) {
        throw ApplicationFailure.nonRetryable(
          `nothing was published: ${state.head.reason ?? "the run ended"}`,
          "Refused",
        );
      }
      return { snapshot: published.snapshot, packages: published.packages, added: published.added };
    },
    { validator: (request) => refuseIf(otherRun(request) ?? finalizeRefusal(acceptsFailed(request))) },
  );
  setHandler(unblockUpdate, (request) => unblock(request, "an operator"), {
    validator: (request) => refuseIf(otherRun(request) ?? building() ?? badPackages(request)),
  });
  setHandler(prioritizeUpdate, (request) => prioritize(request, "an operator"), {
    validator: (request) => refuseIf(otherRun(request) ?? prioritizeRefusal(request)),
  });
  // At every step: it is about the run after this one.
  const queueRefusal = (request: unknown): string | null => {
    const order = orderOf(request);
    return order === null ? ORDER_NEEDED : state.orders.refusal(order.atoms);
  };
  setHandler(queueUpdate, (request) => queue(request, "an operator"), {
    validator: (request) => refuseIf(otherRun(request) ?? queueRefusal(request)),
  });
  setHandler(balanceUpdate, (request) => balanced(request, "an operator"), {
    validator: (request) => refuseIf(otherRun(request) ?? building()),
  });
  setHandler(pauseUpdate, (request) => pause(request, "an operator"), {
    validator: (request) =>
      refuseIf(otherRun(request) ?? over() ?? (state.head.paused ? `paused already by ${state.head.paused.by}` : null)),
  });
  setHandler(resumeUpdate, (request) => resume(request, "an operator"), {
    validator: (request) =>
      refuseIf(otherRun(request) ?? over() ?? (state.head.paused ? null : "the run is not paused")),
  });
  setHandler(cancelUpdate, (request) => cancel(request, "an operator"), {
    validator: (request) => refuseIf(otherRun(request) ?? over() ?? publishing()),
  });

  // The same by plain signals, as the Web UI sends them. A refusal has nowhere to go but the run's events.
  const fromWebUi = async (name: string, refusal: string | null, act: (by: string) => unknown): Promise<void> => {
    if (refusal !== null) state.note(`signal ${name} refused: ${refusal}`, Date.now());
    wake();
    if (refusal === null) await act("the Web UI");
  };
  setHandler(finalizeSignal, (request) =>
    fromWebUi("finalize", finalizeRefusal(acceptsFailed(request)), (by) => finalize(request, by)),
  );
  setHandler(unblockSignal, (request) =>
    fromWebUi("unblock", building() ?? badPackages(request), (by) => unblock(request, by)),
  );
  setHandler(prioritizeSignal, (request) =>
    fromWebUi("prioritize", prioritizeRefusal(request), (by) => prioritize(request, by)),
  );
  setHandler(queueSignal, (request) => fromWebUi("queue", queueRefusal(request), (by) => queue(request, by)));
  setHandler(balanceSignal, (request) => fromWebUi("balance", building(), (by) => balanced(request, by)));
  setHandler(pauseSignal, (request) => fromWebUi("pause", over(), (by) => pause(request, by)));
  setHandler(resumeSignal, (request) => fromWebUi("resume", over(), (by) => resume(request, by)));
  setHandler(cancelSignal, (request) => fromWebUi("cancel", over() ?? publishing(), (by) => cancel(request, by)));

  function finalize(request: unknown, somebody: string): void {
    decisions.finalizing = { acceptFailed: acceptsFailed(request), by: byOf(request, somebody) };
  }

  function unblock(request: unknown, somebody: string): string[] {
    const unblocked = state.unblock(packagesOf(request) ?? []);
    state.note(`${byOf(request, somebody)} unblocked ${unblocked.join(", ") || "nothing"}`, Date.now());
    wake();
    return unblocked;
  }

  function prioritize(request: unknown, somebody: string): string[] {
    wake();
    const beside = field(request, "add") === true;
    return state.prioritize(packagesOf(request) ?? [], byOf(request, somebody), Date.now(), beside);
  }

  function queue(request: unknown, somebody: string): QueueAnswer {
    const { atoms, orders } = orderOf(request) ?? { atoms: [], orders: [] };
    const by = byOf(request, somebody);
    const now = Date.now();
    const changed =
      atoms.length === 0
        ? state.orders.clear()
        : state.orders.add({ atoms, by, orders }, now)
          ? [{ atoms, by, at: now }]
          : [];
    if (atoms.length === 0) state.note(`${by} took back ${queuedWords(changed) || "nothing"}`, now);
    else if (changed.length > 0) state.note(`queued for after this run: ${queuedWords(changed)}`, now);
    wake();
    return { changed, queued: state.orders.all() };
  }

  async function balanced(request: unknown, somebody: string): Promise<BalanceAnswer> {
    const answer = await balance();
    state.note(`${byOf(request, somebody)} balanced: ${toldOf(answer)}`, Date.now());
    wake();
    return answer;
  }

  function pause(request: unknown, somebody: string): string {
    state.pause(textOf(request, "reason") ?? "by hand", byOf(request, somebody), Date.now());
    wake();
    return "paused: what builds goes on to its end, nothing new starts. Go on: swarm resume";
  }

  function resume(request: unknown, somebody: string): string {
    state.resume(byOf(request, somebody), Date.now());
    wake();
    return "resumed";
  }

  function cancel(request: unknown, somebody: string): string {
    decisions.cancelledBy = byOf(request, somebody);
    if (field(request, "dropQueued") === true) state.orders.clear();
    interrupt();
    const next = state.orders.all().length > 0 ? "; a run of what was queued begins after it" : "";
    return `the run ends: its builds are stopped, what was received stays in staging until the next fresh${next}`;
  }
}

function refuseIf(reason: string | null): void {
  if (reason !== null) throw ApplicationFailure.nonRetryable(reason, "Refused");
}

// People type these by hand into the Web UI, where nothing checks them; an error in a handler would stop the run for ever,
// since the engine delivers the same message again and again.

function field(request: unknown, name: string): unknown {
  return typeof request === "object" && request !== null ? (request as Record<string, unknown>)[name] : undefined;
}

function textOf(request: unknown, name: string): string | null {
  const value = field(request, name);
  return typeof value === "string" ? value : null;
}

const toldOf = ({ freed, moved }: BalanceAnswer): string =>
  freed.length + moved.length === 0
    ? "nothing to do"
    : `${moved.length} moved, ${freed.length} without waiting any longer`;

const byOf = (request: unknown, somebody: string): string => textOf(request, "by") ?? somebody;

const acceptsFailed = (request: unknown): boolean => field(request, "acceptFailed") === true;

/** null where it is no list of names: to take that for none would unblock everything. */
function packagesOf(request: unknown): string[] | null {
  const value = field(request, "packages") ?? [];
  return Array.isArray(value) && value.every((name) => typeof name === "string") ? value : null;
}

const ORDER_NEEDED =
  'atoms must be a list, like ["@world"] or ["dev-libs/openssl"]; an empty one takes back what is queued';

/** null where it is none: a list that was left out by mistake must not take anything back. */
function orderOf(request: unknown): { atoms: string[]; orders: string[] } | null {
  const atoms = field(request, "atoms");
  const orders = field(request, "orders") ?? [];
  if (!Array.isArray(atoms) || !atoms.every(hasAtomShape)) return null;
  return Array.isArray(orders) && orders.every((name) => typeof name === "string") ? { atoms, orders } : null;
}

const LIST_NEEDED = 'packages must be a list, like ["dev-libs/openssl-3.0.2"]';

function badPackages(request: unknown): string | null {
  return packagesOf(request) === null ? LIST_NEEDED : null;
}
