import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { LogKey } from "../../model/logs.ts";
import { serverSentEvents } from "../../monitor/serverSentEvents.ts";
import { packageRoot } from "../../system/packageRoot.ts";
import { percentile } from "../swarmBench.ts";

/** ms */
export interface Delays {
  p50: number;
  p99: number;
  max: number;
  samples: number;
}

/** A line of a build's log that says when it was written. */
export function stampedLine(): string {
  return `${Date.now()} x86_64-pc-linux-gnu-gcc -O2 -pipe -c -o src/deep/in/the/tree/window.o src/deep/in/the/tree/window.c\n`;
}

const STAMPED = /^(\d{13}) /gm;

/** How old lines are when readers have them. */
export class Reading {
  readonly delays: number[] = [];
  readonly #stop = new AbortController();
  readonly #children: ChildProcess[] = [];

  /** Reads as `swarm logs -f` does: a process of its own. */
  command(args: readonly string[], env: NodeJS.ProcessEnv): void {
    const child = spawn(process.execPath, [join(packageRoot(), "bin", "swarm"), "logs", "-f", ...args], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const take = this.#taker();
    child.stdout.on("data", (bytes: Buffer) => take(bytes.toString()));
    this.#children.push(child);
  }

  /** Reads as the page does: the gateway's stream. */
  async stream(gateway: { url: string; token: string }, { run, cpv, attempt }: LogKey): Promise<void> {
    const take = this.#taker();
    const { body, status } = await fetch(`${gateway.url}/api/v1/logs/${run}/${cpv}/${attempt}/follow`, {
      headers: { authorization: `Bearer ${gateway.token}` },
      signal: this.#stop.signal,
    });
    if (!body || status !== 200) throw new Error(`the gateway answered HTTP ${status}`);
    const read = async (): Promise<void> => {
      for await (const { event, data } of serverSentEvents(body)) {
        if (event === "chunk") take((JSON.parse(data) as { text: string }).text);
      }
    };
    read().catch(() => {});
  }

  stop(): void {
    this.#stop.abort();
    for (const child of this.#children) child.kill("SIGKILL");
  }

  figures(): Delays {
    const at = (part: number): number => Math.round(percentile(this.delays, part));
    return { p50: at(0.5), p99: at(0.99), max: at(1), samples: this.delays.length };
  }

  #taker(): (text: string) => void {
    let rest = "";
    return (text) => {
      const now = Date.now();
      const all = rest + text;
      const end = all.lastIndexOf("\n") + 1;
      rest = all.slice(end);
      for (const [, at] of all.slice(0, end).matchAll(STAMPED)) this.delays.push(now - Number(at));
    };
  }
}
