import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { until } from "../../bench/noop/swarm.ts";
import { commandEnv } from "./command.ts";

/** A screen is drawn when the machine comes to it. ms */
const PATIENCE_MS = 60_000;

/** Why there is no tmux, or null where there is one. The tests' set-up installs it where it can. */
export async function tmuxMissing(): Promise<string | null> {
  const { failed } = await execa("tmux", ["-V"], { reject: false });
  return failed ? "tmux is not installed" : null;
}

export interface TerminalOptions {
  columns?: number;
  rows?: number;
  /** Added to a person's environment; undefined: taken out. */
  env?: Record<string, string | undefined>;
}

/** A terminal of its own, with a shell in it: `await using terminal = await openTerminal(...)`. */
export async function openTerminal({ columns = 80, rows = 24, env = {} }: TerminalOptions = {}): Promise<Terminal> {
  const directory = await mkdtemp(join(tmpdir(), "swarm-tmux-"));
  const terminal = new Terminal(directory);
  const shell = ["env", "-i"];
  const all = { ...commandEnv(), LC_ALL: "C.UTF-8", PS1: "$ ", ENV: "", ...env };
  for (const [name, value] of Object.entries(all)) {
    // tmux says which terminal it is; a person's shell is none of a CI, where programs leave colours and drawing out.
    if (value !== undefined && !/^(TERM|TMUX|CI|CONTINUOUS_INTEGRATION|CI_.*)$/.test(name))
      shell.push(`${name}=${value}`);
  }
  shell.push(`TERM=${env.TERM ?? "screen-256color"}`, "sh", "-i");
  await terminal.tmux("-f", "/dev/null", "new-session", "-d", "-x", String(columns), "-y", String(rows), ...shell);
  await terminal.shows(/^\$$/m);
  return terminal;
}

/** What a person in front of a terminal does and sees. */
export class Terminal {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  async tmux(...args: string[]): Promise<string> {
    const { stdout } = await execa("tmux", ["-u", "-S", join(this.directory, "socket"), ...args]);
    return stdout;
  }

  /** Types text as it is. */
  async type(text: string): Promise<void> {
    await this.tmux("send-keys", "-l", "--", text);
  }

  /** Presses keys by their tmux names: `Enter`, `Escape`, `Down`, `C-c`. */
  async press(...keys: string[]): Promise<void> {
    await this.tmux("send-keys", ...keys);
  }

  /** Types a command line. */
  async run(command: string): Promise<void> {
    await this.type(command);
    await this.press("Enter");
  }

  /** The screen as text, a line each. */
  async lines(): Promise<string[]> {
    return (await this.tmux("capture-pane", "-p")).split("\n").map((line) => line.trimEnd());
  }

  async text(): Promise<string> {
    return (await this.lines()).join("\n");
  }

  /** The screen with its colours and attributes. */
  async styled(): Promise<string> {
    return await this.tmux("capture-pane", "-p", "-e");
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** A value of the terminal itself, such as `cursor_flag` or `alternate_on`. */
  async value(name: string): Promise<string> {
    return await this.tmux("display-message", "-p", `#{${name}}`);
  }

  /** Waits until the screen has a text, and gives the screen. */
  async shows(wanted: string | RegExp, ms = PATIENCE_MS): Promise<string> {
    return await this.#waits(String(wanted), (text) => has(text, wanted), ms);
  }

  /** Waits until the screen has a text no more. */
  async loses(wanted: string | RegExp, ms = PATIENCE_MS): Promise<string> {
    return await this.#waits(`no ${wanted}`, (text) => !has(text, wanted), ms);
  }

  async #waits(what: string, test: (text: string) => boolean, ms: number): Promise<string> {
    let text = "";
    const seen = async (): Promise<boolean> => {
      text = await this.text();
      return test(text);
    };
    await until(what, seen, { ms, every: 100 }).catch((error: unknown) => {
      throw new Error(`the screen has not ${what}:\n${text}`, { cause: error });
    });
    return text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tmux("kill-server").catch(() => {});
    await rm(this.directory, { recursive: true, force: true });
  }
}

function has(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === "string" ? text.includes(wanted) : wanted.test(text);
}
