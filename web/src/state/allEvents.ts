import { useMemo, useState } from "preact/hooks";
import type { RunEvent } from "../../../model/events.ts";
import { address, get, wordsOf } from "../wire/request.ts";
import { KEPT_EVENTS, run } from "./live.ts";

/** What happened in the shown run, as far as the page has it. */
export interface AllEvents {
  /** Newest last. */
  all: readonly RunEvent[];
  /** There are older ones than the page keeps. */
  isCut: boolean;
  isLoading: boolean;
  error: string | null;
  /** Asks for all of them, from the first on. */
  load(): Promise<void>;
}

/** @param kept the newest ones, newest last: those of the live stream */
export function useAllEvents(kept: readonly RunEvent[]): AllEvents {
  const [older, setOlder] = useState<readonly RunEvent[]>([]);
  const [isLoading, setLoading] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const all = useMemo(() => joined(older, kept), [older, kept]);
  const load = async () => {
    const of = run.peek();
    if (of === null || isLoading) return;
    setLoading(true);
    setError(null);
    try {
      const found: RunEvent[] = [];
      const until = kept[0]?.id ?? "";
      for (let after = ""; after < until; after = found.at(-1)?.id ?? until) {
        const url = address(["runs", of.target, "events"], { run: of.run, after, limit: KEPT_EVENTS });
        const more = await get<RunEvent[]>(url);
        found.push(...more);
        if (more.length < KEPT_EVENTS) break;
      }
      if (run.peek()?.run === of.run) setOlder(found);
    } catch (problem) {
      setError(wordsOf(problem));
    } finally {
      setLoading(false);
    }
  };
  return { all, isCut: kept.length >= KEPT_EVENTS && all === kept, isLoading, error, load };
}

/** Nothing of it where something is missing between, or where it is of another run. */
function joined(older: readonly RunEvent[], kept: readonly RunEvent[]): readonly RunEvent[] {
  const first = kept[0]?.id ?? "";
  const at = older.findIndex(({ id }) => id >= first);
  return older[at]?.id === first && at > 0 ? [...older.slice(0, at), ...kept] : kept;
}
