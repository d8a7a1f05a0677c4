import { bytes } from "../../../model/words.ts";
import { type LogLine, LogLines } from "../lib/logLines.ts";
import { RequestError, send, wordsOf } from "../wire/request.ts";

/** What there is of a log. */
export interface Shown {
  lines: readonly LogLine[];
  /** Lines before those that are not shown. */
  dropped: number;
  /** Bytes before those that were read. */
  skipped: number;
  size: number;
  isComplete: boolean;
  /** `from-to`: bytes that were not kept. */
  cut: string | null;
  /** The binhost has none any more, or never had. */
  isMissing: boolean;
  /** Its attempt ended some time ago, and its own end has not come: it is not asked for any more. */
  isUnfinished: boolean;
  problem: string | null;
}

const KEPT_LINES = 5_000;
/** Of a longer log only the end is fetched. bytes */
const TAIL_BYTES = 1024 * 1024;
const ASK_EACH_MS = 500;
/** After a refusal, or where nothing answers. */
const ASK_AGAIN_MS = 2_000;
/** So long after the attempt's end, or after the last that came, more of the log is waited for. */
const END_WITHIN_MS = 20_000;

/** Shows a log, while it is written and until it has ended, or until it is `stopped`. */
export async function follow(
  url: string,
  isRunning: () => boolean,
  show: (shown: Shown) => void,
  stopped: AbortSignal,
): Promise<void> {
  let lines = new LogLines(KEPT_LINES);
  let begun: string | null = null;
  let shown: Shown = {
    lines: [],
    dropped: 0,
    skipped: 0,
    size: 0,
    isComplete: false,
    cut: null,
    isMissing: false,
    isUnfinished: false,
    problem: null,
  };
  let offset = 0;
  const wasRunning = isRunning();
  /** ms: when it was running last, or something of it came. */
  let newsAt = Date.now();
  while (!stopped.aborted) {
    let wait = ASK_EACH_MS;
    if (isRunning()) newsAt = Date.now();
    const isLate = Date.now() - newsAt > END_WITHIN_MS;
    try {
      const response = await read(url, offset, stopped);
      const size = Number(response.headers.get("log-size") ?? 0);
      if (offset === 0 && size > TAIL_BYTES) {
        offset = size - TAIL_BYTES;
        shown = { ...shown, skipped: offset };
        continue;
      }
      const now = response.headers.get("log-begun");
      if (begun !== null && now !== begun) {
        // The attempt was begun anew: so is its log.
        lines = new LogLines(KEPT_LINES);
        [offset, begun] = [0, null];
        shown = { ...shown, skipped: 0 };
        continue;
      }
      begun = now;
      const begin = Number(response.headers.get("log-offset") ?? offset);
      const found = new Uint8Array(await response.arrayBuffer());
      offset = begin + found.length;
      lines.push(found);
      const isComplete = response.headers.get("log-complete") === "true";
      if (found.length > 0) newsAt = Date.now();
      const isAtEnd = isComplete && offset >= size;
      if (isAtEnd) lines.finish();
      const cut = response.headers.get("log-cut");
      const isUnfinished = isLate && !isAtEnd && found.length === 0;
      const { lines: kept, dropped } = lines;
      const state = { size, isComplete, cut, isMissing: false, isUnfinished, problem: null };
      shown = { ...shown, lines: kept, dropped, ...state };
      show(shown);
      if (isAtEnd || isUnfinished) return;
      if (found.length > 0 && offset < size) continue;
    } catch (error) {
      if (stopped.aborted) return;
      // While a build begins there is no log yet; of a short one it may come after its end.
      const isMissing = error instanceof RequestError && error.status === 404;
      const isGone = isMissing && !isRunning() && (!wasRunning || isLate);
      shown = { ...shown, isMissing: isGone, problem: isMissing ? null : wordsOf(error) };
      show(shown);
      if (isGone) return;
      if (!isMissing) wait = ASK_AGAIN_MS;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** Of a log that is longer than what is wanted only the size is read. */
async function read(url: string, offset: number, stopped: AbortSignal): Promise<Response> {
  const asked = new AbortController();
  const signal = AbortSignal.any([stopped, asked.signal]);
  const response = await send(`${url}?offset=${offset}`, { signal, cache: "no-store" });
  const size = Number(response.headers.get("log-size") ?? 0);
  if (offset === 0 && size > TAIL_BYTES) asked.abort();
  return response;
}

/** All that there is of a log: the gateway gives it in pieces. */
export async function download(url: string, name: string): Promise<string> {
  const pieces: Blob[] = [];
  for (let offset = 0, size = 1; offset < size; ) {
    const response = await send(`${url}?offset=${offset}`, { cache: "no-store" });
    const piece = await response.blob();
    if (piece.size === 0) break;
    pieces.push(piece);
    size = Number(response.headers.get("log-size") ?? 0);
    offset = Number(response.headers.get("log-offset") ?? offset) + piece.size;
  }
  const blob = new Blob(pieces, { type: "text/plain" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return `${name}: ${bytes(blob.size)}.`;
}
