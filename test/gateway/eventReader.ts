/** A reader of server-sent events. */
export class EventStream implements Disposable {
  text = "";
  /** The gateway has ended it, or it was closed. */
  isOver = false;
  readonly #abort = new AbortController();
  readonly headers: Headers;

  private constructor(headers: Headers) {
    this.headers = headers;
  }

  static async open(url: string, token: string, lastId?: string): Promise<EventStream> {
    const abort = new AbortController();
    const response = await fetch(url, {
      signal: abort.signal,
      headers: { authorization: `Bearer ${token}`, ...(lastId === undefined ? {} : { "last-event-id": lastId }) },
    });
    if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
    const stream = new EventStream(response.headers);
    stream.#abort.signal.addEventListener("abort", () => abort.abort());
    void stream.#read(response.body);
    return stream;
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body) this.text += decoder.decode(chunk, { stream: true });
    } catch {
      // Closed, by us or by the gateway.
    }
    this.isOver = true;
  }

  events<T = Record<string, unknown>>(name: string): T[] {
    const found = this.text.matchAll(/^event: (.*)\ndata: (.*)\n\n/gm);
    return [...found].flatMap(([, event, data = ""]) => (event === name ? [JSON.parse(data) as T] : []));
  }

  get lastId(): string | undefined {
    return [...this.text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1];
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
  }
}
