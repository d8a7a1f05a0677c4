/** What a machine may be in a swarm; `client` installs the packages. */
export const ROLES = ["dev-server", "orchestrator", "binhost", "drone", "client"] as const;
export type RoleName = (typeof ROLES)[number];

/** One thing that a role needs of its machine. */
export interface Check {
  name: string;
  /** `note`: it will do, and a person should know; `bad`: the roles cannot run like this. */
  verdict: "ok" | "note" | "bad";
  /** What was found. */
  found: string;
  /** What to do; null where nothing is. */
  fix: string | null;
  roles: readonly RoleName[];
}

/** The roles that talk to the engine and show the token. */
export const WORKERS = ["orchestrator", "binhost", "drone"] as const satisfies readonly RoleName[];
