/** Less than this at a stretch is more about answering times than about the link. */
const LEAST_BYTES = 1024 * 1024;
/** Part that what was measured before keeps when something new is. */
const KEPT = 0.7;

/** Measures how fast this drone fetches from the binhost, over all fetches that run at a time. */
export class LinkMeter {
  #running = 0;
  /** ms on the clock of `performance.now()` when the first of them began. */
  #since = 0;
  #bytes = 0;
  #spoilt = false;
  /** Sums over the stretches so far, the older ones counting less. */
  readonly #sum = { bytes: 0, seconds: 0 };

  /** Bytes per second; null until enough was fetched. */
  get bytesPerSecond(): number | null {
    return this.#sum.bytes === 0 ? null : this.#sum.bytes / this.#sum.seconds;
  }

  /** Measures one fetch, which gives the bytes that it brought, and gives them on. A stretch in which one fails says nothing of the link. */
  async measure(fetch: () => Promise<number>): Promise<number> {
    if (this.#running++ === 0) {
      this.#since = performance.now();
      this.#bytes = 0;
      this.#spoilt = false;
    }
    try {
      const bytes = await fetch();
      this.#bytes += bytes;
      return bytes;
    } catch (error) {
      this.#spoilt = true;
      throw error;
    } finally {
      if (--this.#running === 0) this.#end();
    }
  }

  #end(): void {
    const seconds = (performance.now() - this.#since) / 1000;
    if (this.#spoilt || this.#bytes < LEAST_BYTES || seconds <= 0) return;
    this.#sum.bytes = this.#sum.bytes * KEPT + this.#bytes;
    this.#sum.seconds = this.#sum.seconds * KEPT + seconds;
  }
}
