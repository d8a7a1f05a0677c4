import type { ExternalWorkflowHandle } from "@temporalio/workflow";
import { appetiteSignal } from "./messages.ts";
import type { RunState } from "./states/run.ts";
import { appetiteToTell, powerOfTwo } from "./states/shares.ts";

/** Keeps the fleet told how many builds a run could have at once, so that it can share the drones among runs. */
export class AppetiteTeller {
  readonly #fleet: ExternalWorkflowHandle;
  readonly #workflowId: string;
  readonly #state: RunState;
  #said: number;
  /** Two words under way could arrive in the wrong order. */
  #telling = false;

  constructor(fleet: ExternalWorkflowHandle, workflowId: string, state: RunState) {
    this.#fleet = fleet;
    this.#workflowId = workflowId;
    this.#state = state;
    this.#said = powerOfTwo(this.#wanted());
  }

  /** What the fleet knows; at first: what it must be told by the subscription. */
  get said(): number {
    return this.#said;
  }

  /** To be called whenever the appetite may have changed, or other runs have come. */
  tell(): void {
    if (this.#telling) return;
    // Whoever is alone has everything, whatever it wants.
    if (!this.#state.drones.isShared) return;
    const builds = appetiteToTell(this.#wanted(), this.#said);
    if (builds === null) return;
    this.#said = builds;
    this.#telling = true;
    this.#fleet
      .signal(appetiteSignal, { workflowId: this.#workflowId, builds })
      // A fleet that is gone shares nothing; the run goes on.
      .catch(() => {})
      .finally(() => {
        this.#telling = false;
        this.tell();
      });
  }

  /** What runs goes on in a run that is paused, too. More than all drones have cannot be had: it need not be told exactly. */
  #wanted(): number {
    const { head, drones } = this.#state;
    const running = this.#state.delegations().length;
    const builds = head.step === "build" ? Math.max(running, this.#state.appetite()) : running;
    return Math.min(builds, drones.slots());
  }
}
