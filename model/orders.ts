/** An order that came while a run of its target was in progress: a run of it begins after that one. */
export interface QueuedOrder {
  /** `@world`, or atoms. */
  atoms: string[];
  /** Who ordered it. */
  by: string;
  /** When it was ordered first. ms since the epoch */
  at: number;
  /** Names of the requests, where they may be repeated: each is taken once. */
  orders?: string[];
}

/** What the workflow that begins it is told. */
export interface QueuedStart {
  target: string;
  /** The run that it was queued in. */
  after: string;
  queued: QueuedOrder[];
}

/** What became of it: a run of its own, or an order in the run that somebody else had started first, or in an earlier one. */
export interface QueuedOutcome {
  outcome: "started" | "queued" | "already";
  run: string;
}

/** Why a next run does not begin at once: no trouble, it is tried again. */
export const ENDS_SOON = "the run before it is about to end";

/** Orders, and people, in one sentence. */
const ORDERS_TOLD = 4;
const NAMES_TOLD = 3;

/** Whether it can be an atom or a set at all; what it means is for resolvers. */
export function hasAtomShape(text: unknown): text is string {
  return typeof text === "string" && text.length <= 300 && /^[!-~]+$/.test(text) && !text.startsWith("-");
}

/** All that is ordered, each once. */
export function atomsOf(queued: readonly QueuedOrder[]): string[] {
  return [...new Set(queued.flatMap(({ atoms }) => atoms))];
}

/** `ann, hook overlay` */
export function peopleOf(queued: readonly QueuedOrder[]): string {
  return told([...new Set(queued.map(({ by }) => by))], NAMES_TOLD);
}

/** `@world (hook overlay), app-editors/vim, dev-vcs/git (ann)` */
export function queuedWords(queued: readonly QueuedOrder[]): string {
  return told(
    queued.map(({ atoms, by }) => `${told(atoms, NAMES_TOLD)} (${by})`),
    ORDERS_TOLD,
  );
}

function told(names: readonly string[], most: number): string {
  const more = names.length - most;
  return names.slice(0, most).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
