/**
 * The text at an address. @throws where nobody answers in time or with success, or where it is too long
 */
export async function fetchText(url: string, limits: { withinMs: number; maxBytes: number }): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(limits.withinMs) });
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
