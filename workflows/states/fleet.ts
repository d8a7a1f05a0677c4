import type { DroneAction, DroneFacts, DroneState, DroneView, FleetView, RefusedDrone } from "../../model/fleet.ts";
import type { EnrolAnswer } from "../messages.ts";
import { type Appetite, divide } from "./shares.ts";

/** This many strikes ground a drone until an operator resumes it. */
const MAX_STRIKES = 5;
/** A drone's clock may differ by this much before its binaries' times would lie. ms */
const MAX_CLOCK_SKEW_MS = 5 * 60_000;
/** Refusals are shown, newest last; a machine that asks again and again must not fill the state. */
const MAX_REFUSED = 20;

interface FleetDrone {
  view: DroneView;
  /** Grounded by strikes, as opposed to by what the drone reports. */
  struckOut: string | null;
  /** How far its clock was ahead when its facts came, ms; absent: they came to an earlier version. */
  skew?: number;
}

/** A fleet's state as it travels to the next run of the workflow. */
export interface SavedFleet {
  drones: FleetDrone[];
  refused: RefusedDrone[];
  /** Workflow ids, and for runs how many builds they could have at once. */
  subscribers: [workflowId: string, builds: number | null][];
  /** That the runs were not told of yet; absent: none. */
  actions?: DroneAction[];
}

/** The drones known, as a state machine without Temporal. Times are ms since the epoch and come from outside. */
export class FleetState {
  readonly #drones: Map<string, FleetDrone>;
  readonly #refused: RefusedDrone[];
  readonly #subscribers: Map<string, number | null>;
  #actions: DroneAction[];
  readonly #isAgeSkew: () => boolean;

  /** @param isAgeSkew true where history has to go as earlier versions wrote it: a drone forgiven long after its last report was grounded for its clock. */
  constructor(saved: SavedFleet = { drones: [], refused: [], subscribers: [] }, isAgeSkew = (): boolean => false) {
    this.#drones = new Map(saved.drones.map((drone) => [drone.view.facts.name, drone]));
    this.#refused = saved.refused;
    this.#subscribers = new Map(saved.subscribers);
    this.#actions = saved.actions ?? [];
    this.#isAgeSkew = isAgeSkew;
  }

  save(): SavedFleet {
    return {
      ...{ drones: [...this.#drones.values()], refused: this.#refused, subscribers: [...this.#subscribers] },
      ...(this.#actions.length > 0 ? { actions: this.#actions } : {}),
    };
  }

  view(): FleetView {
    return { drones: this.drones(), refused: [...this.#refused] };
  }

  drones(): DroneView[] {
    return [...this.#drones.values()].map((d) => d.view).sort((a, b) => (a.facts.name < b.facts.name ? -1 : 1));
  }

  subscribers(): string[] {
    return [...this.#subscribers.keys()];
  }

  /** A workflow that is to be told of changes. @param builds of a run that shares the drones: its appetite. */
  subscribe(workflowId: string, builds: number | null): void {
    this.#subscribers.set(workflowId, builds);
  }

  /** Takes a run's appetite. Returns whether what the runs are told of the drones changes by it. */
  setAppetite(workflowId: string, builds: number): boolean {
    // The word of a run that has ended meanwhile must not bring it back.
    if (typeof this.#subscribers.get(workflowId) !== "number") return false;
    const contended = this.isContended;
    const changes = this.#changesDivision(() => this.#subscribers.set(workflowId, builds));
    return changes || contended !== this.isContended;
  }

  /** A workflow needs no word any more. Returns whether what the others are told changes by it. */
  unsubscribe(workflowId: string): boolean {
    return this.#changesDivision(() => this.#subscribers.delete(workflowId));
  }

  /** Several runs want builds: what one of them leaves is another's. */
  get isContended(): boolean {
    return this.#appetites().filter(({ builds }) => builds > 0).length > 1;
  }

  /** The drones as a subscriber is told of them: for one of several runs, with its share. */
  viewsFor(workflowId: string): DroneView[] {
    const shares = this.#division()?.get(workflowId);
    if (!shares) return this.drones();
    return this.drones().map((view) => ({ ...view, share: shares.get(view.facts.name) ?? { slots: 0, part: 0 } }));
  }

  #appetites(): Appetite[] {
    return [...this.#subscribers].flatMap(([workflowId, builds]) => (builds === null ? [] : [{ workflowId, builds }]));
  }

  /** What each run gets of each drone that takes builds; null where there are not several runs. */
  #division(): ReturnType<typeof divide> | null {
    const appetites = this.#appetites();
    const [first, ...others] = appetites;
    if (!first || others.length === 0) return null;
    // The first one was alone, and had no need to say what it wants.
    const nobodyAsks = appetites.every(({ builds }) => builds === 0);
    return divide(
      nobodyAsks ? [{ ...first, builds: 1 }, ...others] : appetites,
      this.drones()
        .filter(takesBuilds)
        .map(({ facts }) => facts),
    );
  }

  #changesDivision(change: () => void): boolean {
    const told = (): string => JSON.stringify([...(this.#division() ?? [])].map(([run, shares]) => [run, [...shares]]));
    const before = told();
    change();
    return told() !== before;
  }

  /** Names that need an attend activity. */
  attended(): string[] {
    return this.drones()
      .filter((d) => d.state === "online" || d.state === "suspect")
      .map((d) => d.facts.name);
  }

  /** The id of the machine that has the name. */
  idOf(name: string): string | null {
    return this.#drones.get(name)?.view.facts.id ?? null;
  }

  /** Lets a drone in, or says why not. Enrolling again is harmless. */
  enrol(facts: DroneFacts, credentialOk: boolean, now: number): EnrolAnswer {
    const reason = this.#refusal(facts, credentialOk);
    if (reason !== null) {
      this.#refuse(facts, reason, now);
      return { accepted: false, reason };
    }
    const known = this.#drones.get(facts.name);
    const skew = facts.clock - now;
    this.#drones.set(facts.name, {
      struckOut: known?.struckOut ?? null,
      skew,
      view: {
        facts,
        state: "online",
        paused: known?.view.paused ?? false,
        ...(known?.view.pause ? { pause: known.view.pause } : {}),
        grounded: known?.struckOut ?? conditionOf(facts, skew),
        strikes: known?.view.strikes ?? 0,
        since: known?.view.state === "online" ? known.view.since : now,
      },
    });
    return { accepted: true, reason: null };
  }

  /** New facts of a drone that is attended. */
  report(facts: DroneFacts, now: number): void {
    const drone = this.#drones.get(facts.name);
    if (!drone) return;
    drone.view.facts = facts;
    drone.skew = facts.clock - now;
    drone.view.grounded = drone.struckOut ?? conditionOf(facts, drone.skew);
  }

  /** Returns whether something changed. */
  setState(name: string, state: DroneState, now: number): boolean {
    const drone = this.#drones.get(name);
    if (!drone || drone.view.state === state) return false;
    drone.view.state = state;
    drone.view.since = now;
    return true;
  }

  /** A failure that was the drone's own. */
  strike(name: string, reason: string): void {
    const drone = this.#drones.get(name);
    if (!drone) return;
    drone.view.strikes++;
    if (drone.view.strikes < MAX_STRIKES) return;
    drone.struckOut = `${drone.view.strikes} failures of its own, the last: ${reason}. When mended: swarm drone resume ${name}`;
    drone.view.grounded = drone.struckOut;
  }

  /** Takes the strikes back: what failed was not the drone's fault. */
  forgive(name: string, now: number): void {
    const drone = this.#drones.get(name);
    if (!drone) return;
    drone.view.strikes = 0;
    drone.struckOut = null;
    const { facts } = drone.view;
    // Its report may be old: a drone tells only what has changed.
    drone.view.grounded = conditionOf(facts, this.#isAgeSkew() ? facts.clock - now : (drone.skew ?? 0));
  }

  /** Why an action on that drone cannot be taken, or null. */
  unknown(name: string): string | null {
    if (this.#drones.has(name)) return null;
    const names = [...this.#drones.keys()].sort().join(", ");
    return `no drone ${name}; known: ${names || "none yet"}`;
  }

  /** Pauses, resumes (and takes its strikes back) or removes a drone. One that is paused already stays paused as it was. */
  act({ drone: name, action, by, reason }: DroneAction, now: number): void {
    const drone = this.#drones.get(name);
    if (!drone || (action === "pause" && drone.view.paused)) return;
    this.#actions.push({ drone: name, action, by, reason });
    if (action === "forget") this.#drones.delete(name);
    if (action === "resume") this.forgive(name, now);
    drone.view.paused = action === "pause";
    if (action === "pause") drone.view.pause = { by, reason, since: now };
    else delete drone.view.pause;
  }

  /** Who has paused a drone; null: nobody, or that is not known. */
  pausedBy(name: string): string | null {
    return this.#drones.get(name)?.view.pause?.by ?? null;
  }

  /** What operators did since this was asked last. */
  takeActions(): DroneAction[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  #refusal(facts: DroneFacts, credentialOk: boolean): string | null {
    if (!credentialOk) {
      return `drone ${facts.name}: its token is not this swarm's. Copy the swarm's token file to the drone's machine`;
    }
    const known = this.#drones.get(facts.name);
    const alive = known?.view.state === "online" || known?.view.state === "suspect";
    if (known && alive && known.view.facts.id !== facts.id) {
      return `a drone named ${facts.name} is alive already (another machine or work directory). Choose another name for this one`;
    }
    return null;
  }

  #refuse(facts: DroneFacts, reason: string, now: number): void {
    const same = this.#refused.findIndex((r) => r.name === facts.name && r.id === facts.id);
    if (same >= 0) this.#refused.splice(same, 1);
    this.#refused.push({ name: facts.name, id: facts.id, reason, at: now });
    if (this.#refused.length > MAX_REFUSED) this.#refused.shift();
  }
}

const takesBuilds = ({ state, paused, grounded }: DroneView): boolean =>
  (state === "online" || state === "suspect") && !paused && grounded === null;

/** What a drone reports of itself that keeps it from building, or null. @param skew of its clock when it said so. ms */
function conditionOf(facts: DroneFacts, skew: number): string | null {
  if (Math.abs(skew) > MAX_CLOCK_SKEW_MS) {
    const minutes = Math.round(Math.abs(skew) / 60_000);
    return `its clock is ${minutes} min ${skew > 0 ? "ahead" : "behind"}: set it, then restart the drone`;
  }
  if (facts.diskFreeBytes < facts.lowDiskBytes) {
    return `low disk: ${Math.round(facts.diskFreeBytes / 1024 / 1024)} MiB free`;
  }
  return null;
}
