import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";

/** What was asked of the servers in this process, by path. */
export class Questions implements Disposable {
  readonly paths: string[] = [];
  readonly #take = (message: unknown): void => {
    const { url = "" } = (message as { request: IncomingMessage }).request;
    this.paths.push(url.split("?")[0] ?? "");
  };

  constructor() {
    subscribe("http.server.request.start", this.#take);
  }

  /** Those of the binhost; the gateway's own are below /api/v1. */
  count(path: RegExp): number {
    return this.paths.filter((asked) => !asked.startsWith("/api/v1/") && path.test(asked)).length;
  }

  [Symbol.dispose](): void {
    unsubscribe("http.server.request.start", this.#take);
  }
}
