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
