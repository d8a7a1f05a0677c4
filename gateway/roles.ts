/** What a token lets its holder do: `viewer` reads, `operator` acts too, `drone` learns where services are. */
export const ROLES = ["viewer", "operator", "drone"] as const;
export type Role = (typeof ROLES)[number];

/** Who asks. */
export interface Caller {
  /** For the record of what operators do: the token's name. */
  name: string;
  /** null: nobody said who it is. */
  role: Role | null;
  /** Whether the token is good still, and of the same role; absent: nobody said who it is. */
  isStill?: () => Promise<boolean>;
}

/**
 * What a route asks of its caller. `open`: nothing; `services`: any token; `read`: a viewer's or operator's; `act`: an
 * operator's. `signed`: the route checks a signature by itself.
 */
export type Demand = "open" | "signed" | "services" | "read" | "act";

export const NOBODY: Caller = { name: "anonymous", role: null };

/** Whether a caller may; `anonymous`: everybody may read. */
export function mayDo({ role }: Caller, demand: Demand, anonymous: boolean): boolean {
  if (demand === "open" || demand === "signed") return true;
  if (demand === "act") return role === "operator";
  if (role === null) return anonymous;
  return demand === "services" || role !== "drone";
}
