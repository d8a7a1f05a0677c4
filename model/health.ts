/** What a role says of itself at /healthz. */
export interface RoleHealth {
  /** The drone's or binhost's name; of other roles what tells processes of a machine apart. */
  name: string;
  role: "orchestrator" | "binhost" | "drone";
  /** It has begun its work; false while it starts, or waits for its first connection to the engine. */
  ready: boolean;
  /** Of Build Swarm. */
  version: string;
  /** Seconds since the process began. */
  uptime: number;
}

/** What is looked after, and how it is. */
export interface Health {
  /** `unknown`: not looked at yet. */
  state: "unknown" | "in" | "out";
  /** Failures in a row while in, successes in a row while out. */
  streak: number;
  /** Checks in a row that failed. */
  failures: number;
  /** Why the last check failed; null: it did not. */
  reason: string | null;
  /** When it last answered; null: never. ms since the epoch */
  lastSeen: number | null;
  /** Since when it is in or out. ms since the epoch */
  since: number;
}

export type ServiceKind = "engine" | "orchestrator" | "binhost";

/** A service as `GET /swarm` and the state show it. */
export interface ServiceHealth extends Health {
  kind: ServiceKind;
  name: string;
  url: string;
  /** The lowest goes first. */
  priority: number;
}
