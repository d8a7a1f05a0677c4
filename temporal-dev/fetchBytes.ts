import { messageOf } from "../model/errors.ts";

export interface FetchLimits {
  /** Longest time to the answer, and between any two pieces of it. ms */
  stallMs: number;
  /** More is refused. bytes */
  maxBytes: number;
  /** Called with each piece: what was received so far, and the whole where the server tells. bytes */
  onReceived?: (received: number, total: number | null) => void;
}

/**
 * The body of one GET.
 * @throws Error that names the URL and what went wrong: no connection, an HTTP status, a stall, too large, cut short.
 */
export async function fetchBytes(url: string, { stallMs, maxBytes, onReceived }: FetchLimits): Promise<Buffer> {
  const abort = new AbortController();
  const stall = setTimeout(() => abort.abort(new Error(`nothing received for ${stallMs / 1000} s`)), stallMs);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const length = response.headers.get("content-length");
    const pieces: Uint8Array[] = [];
    let received = 0;
    for await (const piece of response.body ?? []) {
      stall.refresh();
      pieces.push(piece);
      received += piece.length;
      if (received > maxBytes) throw new Error(`more than the ${maxBytes} bytes that are expected at most`);
      onReceived?.(received, length === null ? null : Number(length));
    }
    return Buffer.concat(pieces);
  } catch (error) {
    // fetch says only "fetch failed" or "terminated": its cause says why.
    throw new Error(`${url}: ${messageOf(error instanceof Error && error.cause ? error.cause : error)}`);
  } finally {
    clearTimeout(stall);
    abort.abort();
  }
}
