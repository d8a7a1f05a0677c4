import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** How often tokens are counted and handed on. ms */
const EVERY_MS = 20;
const TOKEN = "+";

interface Client {
  file: string;
  pipe: number;
  /** Tokens that were put into its pipe and not taken back. */
  granted: number;
}

/**
 * A GNU make jobserver for several builds. Each build has a pipe of its own (`--jobserver-auth=fifo:PATH`), and the pool moves
 * tokens between the pipes: what was granted and is not in the pipe is in use. With one pipe for all, nobody could tell how
 * many tokens a killed build took with it; here they are back with its pipe. Earlier clients are served first.
 */
export class TokenPool {
  readonly #directory: string;
  readonly #tokens: number;
  readonly #clients = new Map<string, Client>();
  readonly #timer: NodeJS.Timeout;
  /** The client that left its last token lying: others are asked first. */
  #idle: Client | null = null;

  /** @param tokens jobs in all, besides the one that every build has without asking. */
  constructor(directory: string, tokens: number) {
    this.#directory = directory;
    this.#tokens = tokens;
    this.#timer = setInterval(() => this.#turn(), EVERY_MS);
  }

  /** Makes a build's pipe: its path. */
  open(name: string): string {
    const file = join(this.#directory, `${name}.fifo`);
    execFileSync("mkfifo", [file]);
    this.#clients.set(name, { file, pipe: openSync(file, constants.O_RDWR | constants.O_NONBLOCK), granted: 0 });
    this.#turn();
    return file;
  }

  /** To be called when a build has ended, however: its tokens are free again. */
  release(name: string): void {
    const client = this.#clients.get(name);
    if (!client) return;
    this.#clients.delete(name);
    closeSync(client.pipe);
    rmSync(client.file);
    this.#turn();
  }

  /** Tokens that builds hold now, by name. */
  held(): Record<string, number> {
    this.#turn();
    return Object.fromEntries([...this.#clients].map(([name, client]) => [name, client.granted - this.#lying(client)]));
  }

  close(): void {
    clearInterval(this.#timer);
    for (const name of [...this.#clients.keys()]) this.release(name);
  }

  #turn(): void {
    const clients = [...this.#clients.values()];
    let free = this.#tokens;
    for (const client of clients) {
      const lying = drain(client.pipe);
      if (lying > 0) this.#idle = client;
      client.granted -= lying;
      free -= client.granted;
    }
    // One offer at a time for each: a build that does not compile side by side now would keep it from the others.
    const asked = clients.filter((it) => it !== this.#idle || clients.length === 1);
    for (let next = 0; free > 0 && asked.length > 0; next++, free--) {
      const client = asked[next % asked.length];
      if (!client) break;
      writeSync(client.pipe, TOKEN);
      client.granted++;
    }
  }

  #lying(client: Client): number {
    const lying = drain(client.pipe);
    if (lying > 0) writeSync(client.pipe, TOKEN.repeat(lying));
    return lying;
  }
}

/** Takes what is in a pipe: how much. */
function drain(pipe: number): number {
  try {
    return readSync(pipe, Buffer.alloc(4096));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return 0;
    throw error;
  }
}
