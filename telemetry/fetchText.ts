interface Limits {
  withinMs: number;
  maxBytes: number;
  /** Gives it up sooner. */
  signal?: AbortSignal;
}

/**
 * The text at an address. @throws where nobody answers in time or with success, or where it is too long
 */
export async function fetchText(url: string, limits: Limits): Promise<string> {
  const timeout = AbortSignal.timeout(limits.withinMs);
  const signal = limits.signal ? AbortSignal.any([limits.signal, timeout]) : timeout;
  const response = await fetch(url, { signal });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new Error(`${url}: HTTP ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop closes the connection.
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > limits.maxBytes) throw new Error(`${url}: more than ${limits.maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
