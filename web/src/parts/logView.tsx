import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { bytes, count } from "../../../model/words.ts";
import { errorAmong } from "../lib/logLines.ts";
import { address } from "../wire/request.ts";
import { attempt as tryTo } from "./actions.tsx";
import { Card, Chip, Problem } from "./common.tsx";
import { download, follow, type Shown } from "./followLog.ts";
import { LogBox } from "./logBox.tsx";

interface Props {
  run: string;
  cpv: string;
  attempt: number;
  isRunning: boolean;
  /** Why it failed, as the log says it. */
  errorLine: string | undefined;
}

/** The log of an attempt, while it is written and afterwards. That of one that failed is opened where it says why. */
export function LogView({ run, cpv, attempt, isRunning, errorLine }: Props) {
  const [shown, setShown] = useState<Shown | null>(null);
  /** What the reader chose; null: nothing. */
  const [isFollowing, setFollowing] = useState<boolean | null>(null);
  const [round, setRound] = useState(0);
  const isRunningNow = useRef(isRunning);
  isRunningNow.current = isRunning;
  const wasRunning = useRef(isRunning);
  wasRunning.current ||= isRunning;
  const path = ["logs", run, ...cpv.split("/"), attempt];
  const url = address(path);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` asks again
  useEffect(() => {
    const stopped = new AbortController();
    follow(url, () => isRunningNow.current, setShown, stopped.signal).catch(() => {});
    return () => stopped.abort();
  }, [url, round]);
  const lines = shown?.lines;
  const errorAt = useMemo(() => errorAmong(lines ?? [], errorLine), [lines, errorLine]);
  const isAtError = errorAt !== null && !wasRunning.current;
  const hold = (isFollowing ?? !isAtError) ? "end" : isFollowing === null ? "error" : null;
  const hasLines = lines !== undefined && lines.length > 0;
  useEffect(() => {
    // Who was brought to it before it was there.
    if (hasLines && document.activeElement?.id === PLACE) goToLog();
  }, [hasLines]);
  const live = isRunning && shown?.isComplete !== true;
  const mayGrow = shown !== null && !shown.isComplete && !shown.isUnfinished;
  return (
    <div id={PLACE} tabIndex={-1}>
      <Card
        title={`Log of attempt ${attempt}`}
        aside={
          <>
            {live && <Chip tone="name">live</Chip>}
            {shown && shown.size > 0 && <span class="muted">{bytes(shown.size)}</span>}
            <div class="buttons">
              <label class="check">
                <input
                  type="checkbox"
                  checked={hold === "end"}
                  onChange={(event) => setFollowing(event.currentTarget.checked)}
                />
                Keep to the end
              </label>
              <button
                type="button"
                onClick={() => tryTo(() => download(url, `${cpv.replace("/", "_")}.${attempt}.log`))}
              >
                Download
              </button>
            </div>
          </>
        }
      >
        {shown?.problem != null && <p class="problem">{shown.problem}</p>}
        {shown && <Left shown={shown} />}
        {shown?.isUnfinished && (
          <Problem
            text="The end of this log has not come: the drone may be away, or still has to send it."
            onRetry={() => setRound(round + 1)}
          />
        )}
        {shown === null && <p class="empty">Asking for the log…</p>}
        {shown && shown.lines.length === 0 && shown.problem === null && (
          <p class="empty">{emptyWords(shown, mayGrow)}</p>
        )}
        {hasLines && (
          <LogBox
            label={`Log of ${cpv}, attempt ${attempt}`}
            lines={lines}
            errorAt={errorAt}
            hold={hold}
            onLeave={() => setFollowing(false)}
          />
        )}
      </Card>
    </div>
  );
}

const PLACE = "log";

/** Brings the log of the page into sight, with the focus: keys scroll it. */
export function goToLog(): void {
  const place = document.getElementById(PLACE);
  (place?.querySelector<HTMLElement>(".log") ?? place)?.focus({ preventScroll: true });
  place?.scrollIntoView();
}

function emptyWords({ isMissing }: Shown, mayGrow: boolean): string {
  if (isMissing) return "The binhost has no log of it: it was not kept, or is too old.";
  return mayGrow ? "Nothing was written yet." : "The log is empty.";
}

function Left({ shown: { dropped, skipped, cut } }: { shown: Shown }) {
  const parts = [skipped > 0 && `the first ${bytes(skipped)}`, dropped > 0 && count(dropped, "earlier line")].filter(
    (part) => part !== false,
  );
  const [from, to] = cut?.split("-").map(Number) ?? [];
  return (
    <>
      {parts.length > 0 && (
        <p class="hint">Only the last lines are shown here, without {parts.join(" and ")}. The download has them.</p>
      )}
      {from !== undefined && to !== undefined && (
        <p class="hint">
          The log was too long to keep: {bytes(to - from)} in its middle are missing, after the first {bytes(from)}.
        </p>
      )}
    </>
  );
}
