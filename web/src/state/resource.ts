import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { wordsOf } from "../wire/request.ts";

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
 * asked again stays until the answer comes. Another `version` asks again.
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
  const [round, setRound] = useState(0);
  const loader = useRef(load);
  loader.current = load;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` and `version` ask again
  useEffect(() => {
    if (key === null) return;
    const asked = new AbortController();
    loader.current(asked.signal).then(
      (data) => setFound({ key, data, error: null }),
      (error: unknown) => {
        if (asked.signal.aborted) return;
        setFound((before) => ({ key, data: before.key === key ? before.data : null, error: wordsOf(error) }));
      },
    );
    return () => asked.abort();
  }, [key, round, version]);
  const isKnown = found.key === key && key !== null;
  const reload = useCallback(() => setRound((count) => count + 1), []);
  return {
    data: isKnown ? found.data : null,
    error: isKnown ? found.error : null,
    isLoading: key !== null && !isKnown,
    reload,
  };
}
