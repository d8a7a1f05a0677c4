import { once } from "node:events";
import { connect, constants, createServer, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";

/** Stands between a client and the engine's gRPC and counts the calls, by name. */
export class CountingProxy implements AsyncDisposable {
  readonly calls = new Map<string, number>();
  readonly #server: Http2Server;
  readonly #close: () => void;

  private constructor(server: Http2Server, close: () => void) {
    this.#server = server;
    this.#close = close;
  }

  static async to(address: string): Promise<CountingProxy> {
    const engine = connect(`http://${address}`);
    engine.on("error", () => {});
    const server = createServer();
    const proxy = new CountingProxy(server, () => engine.destroy());
    server.on("session", (session) => session.on("error", () => {}));
    server.on("stream", (stream, headers) => {
      const name = String(headers[":path"]).split("/").at(-1) ?? "";
      proxy.calls.set(name, (proxy.calls.get(name) ?? 0) + 1);
      const forwarded = Object.entries(headers).filter(([key]) => key !== ":authority" && key !== "host");
      const onward = engine.request(Object.fromEntries(forwarded));
      onward.on("response", (answer, flags) => {
        // An answer that is only trailers, an error, ends at once.
        const isOver = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
        if (!stream.destroyed) stream.respond(answer, isOver ? { endStream: true } : { waitForTrailers: true });
      });
      let trailers = {};
      onward.on("trailers", (received) => {
        trailers = received;
      });
      stream.on("wantTrailers", () => stream.sendTrailers(trailers));
      stream.on("aborted", () => onward.close(constants.NGHTTP2_CANCEL));
      onward.on("error", () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
      stream.on("error", () => onward.close(constants.NGHTTP2_CANCEL));
      stream.pipe(onward);
      onward.on("data", (chunk) => stream.writable && stream.write(chunk));
      onward.on("end", () => stream.writable && stream.end());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get total(): number {
    return [...this.calls.values()].reduce((sum, each) => sum + each, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    this.#server.close();
  }
}
