/** The packages that may start, most urgent first: an array kept in order, since it is read from its front again and again. */
export class ReadyQueue {
  readonly #order: number[] = [];
  readonly #key = new Map<number, number>();

  get size(): number {
    return this.#order.length;
  }

  has(index: number): boolean {
    return this.#key.has(index);
  }

  /** Puts a package in by its key, largest first, equal ones by index. One that is there already gets the new key. */
  add(index: number, key: number): void {
    this.remove(index);
    this.#key.set(index, key);
    this.#order.splice(this.#position(index, key), 0, index);
  }

  remove(index: number): boolean {
    const key = this.#key.get(index);
    if (key === undefined) return false;
    this.#order.splice(this.#position(index, key), 1);
    this.#key.delete(index);
    return true;
  }

  /** In order. Not to be changed meanwhile. */
  [Symbol.iterator](): Iterator<number> {
    return this.#order.values();
  }

  first(): number | undefined {
    return this.#order[0];
  }

  /** The key of a package that is in; 0 of any other. */
  keyOf(index: number): number {
    return this.#key.get(index) ?? 0;
  }

  /** Where a package with this key stands, or would stand. */
  #position(index: number, key: number): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#order[middle] ?? -1;
      const otherKey = this.#key.get(other) ?? 0;
      if (otherKey > key || (otherKey === key && other < index)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
