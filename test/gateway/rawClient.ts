import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A client on a bare connection, which sends and takes as little as it likes. */
export class RawClient implements Disposable {
  /** What it has taken so far. */
  text = "";
  /** The other side has ended the connection, or broken it. */
  isOver = false;
  readonly #socket: Socket;
  #timer: NodeJS.Timeout | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => {});
    socket.on("close", () => {
      this.isOver = true;
      this.stop();
    });
  }

  /** @param from an address of this machine that it comes from. */
  static async open(url: string, from?: string): Promise<RawClient> {
    const { hostname, port } = new URL(url);
    const socket = connect({
      host: hostname,
      port: Number(port),
      ...(from === undefined ? {} : { localAddress: from }),
    });
    const client = new RawClient(socket);
    await once(socket, "connect");
    return client;
  }

  send(text: string): this {
    if (this.#socket.writable) this.#socket.write(text);
    return this;
  }

  /** Asks for something. */
  get(path: string, headers: Record<string, string> = {}, version = "1.1"): this {
    const lines = Object.entries({ host: "x", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    return this.send(`GET ${path} HTTP/${version}\r\n${lines.join("")}\r\n`);
  }

  /** Takes so many bytes each time, or all there are. */
  take(bytes = Number.POSITIVE_INFINITY, everyMs = 10): this {
    clearInterval(this.#timer);
    // Nothing is read by itself.
    this.#socket.on("readable", () => {});
    this.#timer = setInterval(() => {
      for (let left = bytes; left > 0; ) {
        const chunk: Buffer | null = this.#socket.read(Math.min(left, this.#socket.readableLength) || undefined);
        if (chunk === null) return;
        this.text += chunk.toString("latin1");
        left -= chunk.length;
      }
    }, everyMs);
    return this;
  }

  /** Takes nothing any more. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** The body of an answer in chunks, as far as it is there. */
  get body(): string {
    let at = this.text.indexOf("\r\n\r\n") + 4;
    let body = "";
    for (;;) {
      const end = this.text.indexOf("\r\n", at);
      const length = Number.parseInt(this.text.slice(at, end), 16);
      if (at < 4 || end < 0 || !(length > 0)) return body;
      body += this.text.slice(end + 2, end + 2 + length);
      at = end + 2 + length + 2;
    }
  }

  [Symbol.dispose](): void {
    this.stop();
    this.#socket.destroy();
  }
}
