import { z } from "zod";
import { queuedWords } from "../model/orders.ts";

const Packages = z.object({ packages: z.array(z.string()) });
const Atoms = z.object({ atoms: z.array(z.string()) });
const Reason = z.object({ reason: z.string() });
const DropQueued = z.object({ dropQueued: z.literal(true) });
const AcceptFailed = z.object({ acceptFailed: z.literal(true) });

/** Names in one sentence. */
const NAMES = 5;

/** What an operator's message means, one sentence. */
export function operatorText(by: string, name: string, argument: unknown): string {
  const packages = Packages.safeParse(argument).data?.packages ?? [];
  const named =
    packages.slice(0, NAMES).join(", ") + (packages.length > NAMES ? ` and ${packages.length - NAMES} more` : "");
  switch (name) {
    case "finalize":
      return `${by} gave finalize${AcceptFailed.safeParse(argument).success ? ", also without what failed" : ""}`;
    case "unblock":
      return `${by} unblocked ${named || "everything that was blocked"}`;
    case "prioritize":
      return packages.length === 0 ? `${by}: nothing goes first any more` : `${by} put first ${named}`;
    case "pause": {
      const reason = Reason.safeParse(argument).data?.reason;
      return `${by} paused the run${reason ? `: ${reason}` : ""}`;
    }
    case "resume":
      return `${by} resumed the run`;
    case "cancel":
      // What else a reset does is to be seen nowhere else.
      return DropQueued.safeParse(argument).success
        ? `${by} reset the run: it is cancelled, what it received and what was queued is thrown away`
        : `${by} cancelled the run`;
    case "queue": {
      const atoms = Atoms.safeParse(argument).data?.atoms ?? [];
      const what = queuedWords([{ atoms, by, at: 0 }]);
      return atoms.length === 0 ? `${by} took back what was queued` : `queued for after this run: ${what}`;
    }
    case "balance":
      return `${by} balanced the run`;
    default:
      return `${by} sent ${name}`;
  }
}
