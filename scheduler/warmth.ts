import type { PlanGraph } from "../model/plan.ts";
import { closure } from "./graph.ts";

/** What takes no longer to fetch is not worth a thought. Seconds. */
const NEGLIGIBLE = 1;

/**
 * Which drone has which artifacts of a run at hand: those that it built, and those that its builds installed. What was there
 * before the run counts for nothing: its size is not known. Drones forget what they have not used for long; that is not
 * followed. Where links are fast, or not measured, asking costs next to nothing.
 */
export class Warmth {
  readonly #graph: PlanGraph;
  /** Bytes of each artifact; 0 where they are not known. */
  readonly #bytes: Float64Array;
  #total = 0;
  /** Drone -> 1 for each package that is warm there. */
  readonly #warm = new Map<string, Uint8Array>();
  /** What waits for its place is asked about again and again. */
  readonly #needs = new Map<number, readonly number[]>();

  constructor(graph: PlanGraph) {
    this.#graph = graph;
    this.#bytes = new Float64Array(graph.packages.length);
  }

  /** A package was received; the drone that built it keeps the artifact. */
  built(index: number, drone: string, bytes: number): void {
    this.#total += bytes - this.#bytesOf(index);
    this.#bytes[index] = bytes;
    this.#on(drone)[index] = 1;
  }

  /** A build of a package was begun: the drone has all that it needs, or gets it now. */
  started(index: number, drone: string): void {
    if (this.#total === 0) return;
    const warm = this.#on(drone);
    // What is not received yet is not installed: where there is a cycle, the build does without.
    for (const need of this.#needsOf(index)) if (this.#bytesOf(need) > 0) warm[need] = 1;
    this.#needs.delete(index);
  }

  /**
   * Seconds until a drone has what the build of a package needs and is not there yet; 0 where that is negligible.
   * @param bytesPerSecond of its link; null: not measured.
   */
  secondsToFetch(index: number, drone: string, bytesPerSecond: number | null): number {
    if (bytesPerSecond === null || this.#total < NEGLIGIBLE * bytesPerSecond) return 0;
    const warm = this.#on(drone);
    let missing = 0;
    for (const need of this.#needsOf(index)) if (warm[need] === 0) missing += this.#bytesOf(need);
    return missing < NEGLIGIBLE * bytesPerSecond ? 0 : missing / bytesPerSecond;
  }

  #bytesOf(index: number): number {
    return this.#bytes[index] ?? 0;
  }

  #needsOf(index: number): readonly number[] {
    const known = this.#needs.get(index);
    if (known) return known;
    const needs = closure(this.#graph, index);
    this.#needs.set(index, needs);
    return needs;
  }

  #on(drone: string): Uint8Array {
    const known = this.#warm.get(drone);
    if (known) return known;
    const warm = new Uint8Array(this.#bytes.length);
    this.#warm.set(drone, warm);
    return warm;
  }
}
