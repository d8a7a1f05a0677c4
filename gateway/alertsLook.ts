import { createHash } from "node:crypto";
import type { AlertsView } from "../model/alerts.ts";
import type { Access } from "../operations/access.ts";
import { readAlerts } from "../operations/alerts.ts";

/** Alerts are looked at so often while somebody watches. ms */
const EACH_MS = 1_000;
/** What was seen is good for so long, however many ask. ms */
const FRESH_MS = 500;

/** The alerts as the gateway last saw them: the engine is asked once, whoever wants to know. */
export class AlertsLook {
  readonly #access: Access;
  readonly #changed: () => void;
  readonly #timer: NodeJS.Timeout;
  #asking: Promise<AlertsView | null> | null = null;
  /** ms: from then on what was seen is too old; meanwhile an answer is waited for, or there is one. */
  #goodUntil = 0;
  #revision: string | null = null;

  /** @param isWatched whether somebody would hear of a change; `changed` tells of one. */
  constructor(access: Access, isWatched: () => boolean, changed: () => void) {
    this.#access = access;
    this.#changed = changed;
    this.#timer = setInterval(() => {
      // What cannot be asked now is asked again.
      if (isWatched()) this.read().catch(() => {});
    }, EACH_MS);
    this.#timer.unref();
  }

  /** Another one when anything of the alerts or their channels is another; null: nobody watches, or that is not known yet. */
  get revision(): string | null {
    return this.#revision;
  }

  /** As `readAlerts`, at most a moment old. */
  read(): Promise<AlertsView | null> {
    if (this.#asking && Date.now() < this.#goodUntil) return this.#asking;
    this.#goodUntil = Number.POSITIVE_INFINITY;
    this.#asking = this.#ask().finally(() => {
      this.#goodUntil = Date.now() + FRESH_MS;
    });
    return this.#asking;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #ask(): Promise<AlertsView | null> {
    const view = await readAlerts(this.#access);
    const revision = view && createHash("sha256").update(JSON.stringify(view)).digest("hex").slice(0, 12);
    if (revision !== this.#revision) {
      this.#revision = revision;
      this.#changed();
    }
    return view;
  }
}
