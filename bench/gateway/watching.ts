import { connect, type Socket } from "node:net";
import { until } from "../noop/swarm.ts";

const EVENT = /^event: run-event\ndata: \{"id":"[^"]*","at":(\d+)/gm;

/** Watchers of a gateway, each on a connection of its own. */
export class Watching {
  /** From when something happened until a watcher had it, for each event and watcher. ms */
  readonly latencies: number[] = [];
  events = 0;
  readonly #sockets: Socket[] = [];

  static async begin(port: number, token: string, watchers: number): Promise<Watching> {
    const watching = new Watching();
    let begun = 0;
    for (let i = 0; i < watchers; i++) {
      const socket = connect({ host: "127.0.0.1", port });
      let rest = "";
      socket.on("connect", () =>
        socket.write(`GET /api/v1/live HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\n\r\n`),
      );
      socket.once("data", () => begun++);
      socket.on("data", (chunk) => {
        rest = watching.#take(rest + chunk.toString("latin1"));
      });
      watching.#sockets.push(socket);
    }
    await until("every watcher hears something", async () => begun === watchers);
    return watching;
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Counts the events of a piece of a stream; returns what is not whole yet. */
  #take(text: string): string {
    const now = Date.now();
    const end = text.lastIndexOf("\n\n");
    if (end < 0) return text;
    for (const [, at] of text.slice(0, end).matchAll(EVENT)) {
      this.events++;
      this.latencies.push(now - Number(at));
    }
    return text.slice(end);
  }
}
