import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { RequestError, wordsOf } from "../wire/request.ts";
import { Asker } from "./asker.ts";

/** Something that the gateway was asked for. */
export interface Resource<T> {
  data: T | null;
  /** Why there is none, or none newer. */
  error: string | null;
  isLoading: boolean;
  reload(): void;
}

/**
 * Asks when the key changes (null: asks nothing). What was there for another key is dropped; what is there when it is
 * asked again stays until the answer comes. Another `version` asks again, after the answer that is under way.
 */
export function useResource<T>(
  key: string | null,
  load: (signal: AbortSignal) => Promise<T>,
  version: string | number = 0,
): Resource<T> {
  const [found, setFound] = useState<{ key: string | null; data: T | null; error: string | null }>({
    key: null,
    data: null,
    error: null,
  });
  const loader = useRef(load);
  loader.current = load;
  const asker = useRef<Asker | null>(null);
  useEffect(() => {
    if (key === null) return;
    const current = new Asker(async (signal) => {
      try {
        const data = await loader.current(signal);
        if (asker.current === current) setFound({ key, data, error: null });
        return false;
      } catch (error) {
        if (asker.current !== current) return false;
        const text = signal.aborted ? "The gateway does not answer." : wordsOf(error);
        setFound((before) => ({ key, data: before.key === key ? before.data : null, error: text }));
        return signal.aborted || mayPass(error);
      }
    });
    asker.current = current;
    current.want("now");
    return () => {
      asker.current = null;
      current.stop();
    };
  }, [key]);
  const asked = useRef({ key, version });
  useEffect(() => {
    const before = asked.current;
    asked.current = { key, version };
    // Another key was asked for above.
    if (before.key === key && before.version !== version) asker.current?.want("soon");
  }, [key, version]);
  const isKnown = found.key === key && key !== null;
  const reload = useCallback(() => asker.current?.want("now"), []);
  return {
    data: isKnown ? found.data : null,
    error: isKnown ? found.error : null,
    isLoading: key !== null && !isKnown,
    reload,
  };
}

/** Nobody answers now; what was refused stays so until something changes. */
function mayPass(error: unknown): boolean {
  return error instanceof RequestError && (error.status === 0 || error.status === 429 || error.status >= 500);
}
