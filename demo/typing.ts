import { createInterface } from "node:readline";
import { execa } from "execa";
import { UserError } from "../model/errors.ts";
import { commandEntry } from "../system/commandEntry.ts";
import type { Screen } from "./screen.ts";
import type { Stage } from "./stage.ts";

/** Runs the `swarm` command as a person would: its line and its output are on the screen. */
export class Typing {
  readonly #stage: Stage;
  readonly #screen: Screen;
  readonly #signal: AbortSignal;

  constructor(stage: Stage, screen: Screen, signal: AbortSignal) {
    this.#stage = stage;
    this.#screen = screen;
    this.#signal = signal;
  }

  /** With the terminal as its own. UserError: it failed. */
  async swarm(...args: string[]): Promise<void> {
    this.#screen.command(shown(args));
    this.#check(args, await this.#start(args, "inherit"));
  }

  /** Line by line, so that other lines of the demo can come between. */
  async swarmByLine(...args: string[]): Promise<void> {
    this.#screen.command(shown(args));
    const child = this.#start(args, "pipe");
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface(stream).on("line", (line) => this.#screen.line(`  ${line}`));
    }
    this.#check(args, await child);
  }

  /** The answer of `--json`, unseen. */
  async ask(...args: string[]): Promise<unknown> {
    const answer = await this.#start(["--json", ...args], "pipe");
    this.#check(args, answer);
    return JSON.parse(String(answer.stdout));
  }

  #start(args: readonly string[], output: "inherit" | "pipe") {
    return execa(process.execPath, [commandEntry(), ...args], {
      env: this.#stage.env,
      extendEnv: false,
      cwd: this.#stage.directory,
      stdin: "ignore",
      stdout: output,
      stderr: output,
      reject: false,
      cancelSignal: this.#signal,
    });
  }

  #check(args: readonly string[], ended: { exitCode?: number; signal?: string }): void {
    this.#signal.throwIfAborted();
    if (ended.exitCode === 0) return;
    throw new UserError(
      `${shown(args)} ended ${ended.signal ? `by ${ended.signal}` : `with exit code ${ended.exitCode}`}`,
    );
  }
}

const shown = (args: readonly string[]): string => ["swarm", ...args].join(" ");
