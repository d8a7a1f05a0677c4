/** The same is asked for again no sooner than this. ms */
const PACE_MS = 1_000;
/** ... and what takes long no sooner than so many times that. */
const TIMES = 3;
/** What failed for now is tried again after so long. ms */
const AGAIN_MS = 3_000;
/** Who has not answered by then is asked again. ms */
const ANSWER_WITHIN_MS = 30_000;

/**
 * Asks for one thing whenever it has changed: one question at a time. What changes while an answer is under way is asked for
 * once after it, however often it changed.
 */
export class Asker {
  readonly #ask: (signal: AbortSignal) => Promise<boolean>;
  readonly #stopped = new AbortController();
  #isAsking = false;
  /** It has changed since it was asked for; `now`: somebody waits for it. */
  #wanted: "soon" | "now" | null = null;
  /** By `performance.now()`: until then it is not asked for unless somebody waits. */
  #notBefore = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param ask whether it must be tried again; must not reject. */
  constructor(ask: (signal: AbortSignal) => Promise<boolean>) {
    this.#ask = ask;
  }

  want(how: "soon" | "now"): void {
    if (this.#wanted !== "now") this.#wanted = how;
    this.#plan();
  }

  /** No answer is heard any more. */
  stop(): void {
    this.#stopped.abort();
    clearTimeout(this.#timer);
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (this.#wanted === null || this.#isAsking || this.#stopped.signal.aborted) return;
    const wait = this.#wanted === "now" ? 0 : this.#notBefore - performance.now();
    if (wait > 0) this.#timer = setTimeout(() => this.#go(), wait);
    else void this.#go();
  }

  async #go(): Promise<void> {
    this.#isAsking = true;
    this.#wanted = null;
    const begun = performance.now();
    const isFailed = await this.#ask(AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]));
    const took = performance.now() - begun;
    this.#notBefore = begun + Math.max(isFailed ? AGAIN_MS : PACE_MS, TIMES * took);
    if (isFailed) this.#wanted ??= "soon";
    this.#isAsking = false;
    this.#plan();
  }
}
