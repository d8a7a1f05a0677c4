import { atomsOf, type QueuedOrder } from "../../model/orders.ts";

/** Atoms that may be queued, all orders together. */
const MAX_ATOMS = 1_000;
/** Names of requests that are remembered: the next run has them in its memo. */
const MAX_NAMES = 200;

/** What somebody orders. */
export interface NewOrder {
  atoms: readonly string[];
  by: string;
  /** Names of the request, where it may be repeated. */
  orders: readonly string[];
}

/** Orders that came while the run was in progress: a run of them begins after it. */
export class Orders {
  readonly #queued: QueuedOrder[];
  /** So many of them, from the first, are handed over to what begins the next run. */
  #handed = 0;

  constructor(saved: readonly QueuedOrder[] = []) {
    this.#queued = saved.map((order) => ({ ...order }));
  }

  /** Also what is handed over: a run that has ended tells it still. */
  all(): QueuedOrder[] {
    return this.#queued.map((order) => ({ ...order }));
  }

  /** Why there is no room for these, or null. */
  refusal(wanted: readonly string[]): string | null {
    const atoms = [...new Set(wanted)];
    if (this.#hasRoom(atoms) || this.#covers(atoms)) return null;
    return `there is no room for these ${atoms.length}: ${this.#size()} atoms are queued, and ${MAX_ATOMS} can be`;
  }

  /** Takes an order that is not refused. False: it was queued before, by its name or in all that it asks for. */
  add({ atoms: wanted, by, orders }: NewOrder, now: number): boolean {
    const known = this.#names();
    const names = [...new Set(orders)].filter((name) => !known.has(name));
    if (orders.length > 0 && names.length === 0) return false;
    const atoms = [...new Set(wanted)];
    const same =
      this.#waiting().find((each) => each.by === by && isSame(each.atoms, atoms)) ??
      (this.#hasRoom(atoms) ? undefined : this.#waiting()[0]);
    const kept = names.slice(0, Math.max(0, MAX_NAMES - known.size));
    if (!same) this.#queued.push({ atoms, by, at: now, ...(kept.length > 0 ? { orders: kept } : {}) });
    else if (kept.length > 0) same.orders = [...(same.orders ?? []), ...kept];
    return !same || names.length > 0;
  }

  /** Takes back what is not handed over yet; returns it. */
  clear(): QueuedOrder[] {
    return this.#queued.splice(this.#handed);
  }

  /** What the next run is for: each order once. */
  handOver(): QueuedOrder[] {
    const waiting = this.#waiting();
    this.#handed = this.#queued.length;
    return waiting.map((order) => ({ ...order }));
  }

  #waiting(): QueuedOrder[] {
    return this.#queued.slice(this.#handed);
  }

  #names(): Set<string> {
    return new Set(this.#queued.flatMap(({ orders = [] }) => orders));
  }

  #size(): number {
    return this.#waiting().reduce((sum, { atoms }) => sum + atoms.length, 0);
  }

  #hasRoom(atoms: readonly string[]): boolean {
    return this.#size() + atoms.length <= MAX_ATOMS;
  }

  #covers(atoms: readonly string[]): boolean {
    const queued = new Set(atomsOf(this.#waiting()));
    return atoms.every((atom) => queued.has(atom));
  }
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && new Set([...some, ...others]).size === some.length;
}
