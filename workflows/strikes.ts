import type { ExternalWorkflowHandle } from "@temporalio/workflow";
import { strikeSignal } from "./messages.ts";
import type { ReportEffects } from "./states/reports.ts";

/**
 * Tells the fleet of drones' own failures, and that they were nobody's fault: one word after another, since the engine
 * keeps no order among signals of one workflow to another. What is forgiven would be struck afterwards.
 */
export class StrikeTeller {
  readonly #fleet: ExternalWorkflowHandle;
  #last: Promise<void> = Promise.resolve();
  #left = 0;

  constructor(fleet: ExternalWorkflowHandle) {
    this.#fleet = fleet;
  }

  /** Whether something is not told yet: it would be lost where the run continues as new. */
  get isTelling(): boolean {
    return this.#left > 0;
  }

  tell({ strikes, forgive }: Pick<ReportEffects, "strikes" | "forgive">): void {
    for (const strike of [...strikes, ...forgive.map((drone) => ({ drone, reason: null }))]) {
      this.#left++;
      this.#last = this.#last
        .then(() => this.#fleet.signal(strikeSignal, strike))
        // A fleet that is gone keeps no strikes; the run goes on.
        .catch(() => {})
        .finally(() => this.#left--);
    }
  }
}
