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
    const { exitCode } = await this.#start(args, "inherit");
    this.#check(args, exitCode);
  }

  /** Line by line, so that other lines of the demo can come between. */
  async swarmByLine(...args: string[]): Promise<void> {
    this.#screen.command(shown(args));
    const child = this.#start(args, "pipe");
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface(stream).on("line", (line) => this.#screen.line(`  ${line}`));
    }
    const { exitCode } = await child;
    this.#check(args, exitCode);
  }

  /** The answer of `--json`, unseen. */
  async ask(...args: string[]): Promise<unknown> {
    const { exitCode, stdout } = await this.#start(["--json", ...args], "pipe");
    this.#check(args, exitCode);
    return JSON.parse(String(stdout));
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

  #check(args: readonly string[], exitCode: number | undefined): void {
    this.#signal.throwIfAborted();
    if (exitCode !== 0) throw new UserError(`${shown(args)} ended with exit code ${exitCode ?? "none"}`);
  }
}

const shown = (args: readonly string[]): string => ["swarm", ...args].join(" ");
