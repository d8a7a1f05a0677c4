/** One build that a drone has. */
export interface Delegation {
  index: number;
  cpv: string;
  attempt: number;
  drone: string;
  jobs: number;
  /** Nothing may run beside it. */
  alone: boolean;
  /** Seconds of the longest path that waits for it. */
  tail: number;
  startedAt: number;
}

/** The builds that run: one for each delegated package, two where a copy races it. */
export class Delegations {
  readonly #all = new Map<number, Delegation[]>();

  constructor(saved: readonly Delegation[] = []) {
    for (const delegation of saved) this.add(delegation);
  }

  add(delegation: Delegation): void {
    this.#all.set(delegation.index, [...this.of(delegation.index), delegation]);
  }

  remove({ index, attempt }: Delegation): void {
    const others = this.of(index).filter((each) => each.attempt !== attempt);
    if (others.length > 0) this.#all.set(index, others);
    else this.#all.delete(index);
  }

  /** Those of one package, the first one first. */
  of(index: number): readonly Delegation[] {
    return this.#all.get(index) ?? [];
  }

  all(): Delegation[] {
    return [...this.#all.values()].flat();
  }
}
