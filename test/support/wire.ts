import { createServer, request, type Server } from "node:http";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Changes the bytes of an upload on their way; `size` is that of the whole artifact. */
export type Mischief = (id: string, size: number) => Transform | null;

/** The network between drones and a binhost, in the hands of a test: an HTTP proxy that can spoil and hold uploads. */
export class Wire {
  readonly url: string;
  readonly #server: Server;
  #binhostPort = 0;
  #mischief: Mischief = () => null;

  private constructor(server: Server) {
    this.#server = server;
    const address = server.address();
    this.url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    server.on("request", (asked, answer) => {
      const { method, url, headers } = asked;
      const onward = request({ port: this.#binhostPort, host: "127.0.0.1", method, path: url, headers });
      // Either side gone: the other one's connection breaks as well, as on a real network.
      asked.on("close", () => asked.complete || onward.destroy());
      onward.on("error", () => answer.destroy());
      onward.on("response", (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers);
        pipeline(got, answer).catch(() => {});
      });
      const spoilt = this.#spoil(method ?? "", url ?? "");
      const steps: [Readable, ...Transform[]] = spoilt ? [asked, spoilt] : [asked];
      pipeline([...steps, onward]).catch(() => onward.destroy());
    });
  }

  static async open(): Promise<Wire> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Wire(server);
  }

  /** The configuration of a swarm that reaches its binhost through this wire. */
  between(toml: string): string {
    this.#binhostPort = Number(/\[binhost\]\nport = (\d+)/.exec(toml)?.[1]);
    return toml.replace("[binhost]\n", `[binhost]\nurl = "${this.url}"\n`);
  }

  /** What happens to uploads from now on. */
  during(mischief: Mischief): void {
    this.#mischief = mischief;
  }

  /**
   * Holds the next upload of a package when a part of it has passed.
   * @returns `held`: resolves when it hangs; `let`: it and all others pass from now on.
   */
  hold(pf: string): { held: Promise<void>; letGo: () => void } {
    const held = Promise.withResolvers<void>();
    const free = Promise.withResolvers<void>();
    this.during((id) => (id.includes(pf) ? holding(held.resolve, free.promise) : null));
    const letGo = (): void => {
      this.during(() => null);
      free.resolve();
    };
    return { held: held.promise, letGo };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #spoil(method: string, url: string): Transform | null {
    const [, id, size] = /^\/api\/uploads\/([^?]+)\?size=(\d+)/.exec(url) ?? [];
    return method === "PATCH" && id !== undefined ? this.#mischief(decodeURIComponent(id), Number(size)) : null;
  }
}

/** Lets a part of the first chunk pass, then nothing before it is free. */
function holding(onHeld: () => void, free: Promise<void>): Transform {
  let first = true;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (!first) return done(null, chunk);
      first = false;
      const middle = Math.floor(chunk.length / 2);
      this.push(chunk.subarray(0, middle));
      onHeld();
      free.then(() => done(null, chunk.subarray(middle)));
    },
  });
}

/** Turns one bit of the first byte that passes. */
export function flipped(): Transform {
  let first = true;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const copy = Buffer.from(chunk);
      if (first) copy[0] = (copy[0] ?? 0) ^ 1;
      first = false;
      done(null, copy);
    },
  });
}
