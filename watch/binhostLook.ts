import type { SwarmConfig } from "../config/schema.ts";
import type { Access } from "../operations/access.ts";
import { type BinhostReading, readBinhost } from "../operations/readModel.ts";
import { within } from "../system/within.ts";

/** A look waits so long for a binhost that was well the last time. ms */
const PATIENCE_MS = 1_000;

/**
 * What the binhost says, for who looks again and again: a look waits for it only for a moment, so that what the engine says
 * is not late where the binhost hangs. Meanwhile, and with its problem then, what was known last is told.
 */
export class BinhostLook {
  #known: BinhostReading | null = null;
  #asking: Promise<BinhostReading> | null = null;
  #askedAt = 0;

  async read(access: Access, config: SwarmConfig): Promise<BinhostReading> {
    if (!this.#asking) {
      this.#askedAt = Date.now();
      this.#asking = readBinhost(access, config).then((said) => {
        this.#asking = null;
        this.#known = said.targets === null ? { ...this.#known, ...said, targets: this.#known?.targets ?? null } : said;
        return this.#known;
      });
    }
    const patience = this.#known?.binhost.problem ? 0 : Math.max(0, this.#askedAt + PATIENCE_MS - Date.now());
    return (await within(this.#asking, patience)) ?? this.#known ?? notYet(config.binhost.url);
  }
}

function notYet(address: string): BinhostReading {
  return { binhost: { address, problem: "binhost: no answer yet" }, targets: null };
}
