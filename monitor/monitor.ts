import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, UserError } from "../model/errors.ts";
import { openShell } from "./app.ts";
import { askFinalize, type Effect, type KeyPress, pageOf, press } from "./keys.ts";
import { frame } from "./layout/frame.ts";
import { topOfError } from "./layout/log.ts";
import { type Paint, render } from "./line.ts";
import { followLog } from "./logFollower.ts";
import { LogText } from "./logText.ts";
import { errorLineOf } from "./rows.ts";
import type { Action, LogPlace, Source } from "./source.ts";
import { initialState, type MonitorState } from "./state.ts";
import { type Leaving, onLeaving, sizeOf } from "./terminal.ts";

export interface MonitorOptions {
  source: Source;
  paint: Paint;
  /** The terminal shows ASCII only. */
  ascii: boolean;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
}

/** Between two drawings at least. ms */
const FRAME_MS = 100;
/** A process that cannot be stopped goes on after this. ms */
const STOP_MS = 500;

/**
 * Shows the screen until it is left, and restores the terminal however that happens. Resolves to what was left and why;
 * an error of the monitor itself is thrown after that.
 */
export async function runMonitor(options: MonitorOptions): Promise<{ leaving: Leaving; state: MonitorState }> {
  const monitor = new Monitor(options);
  const leaving = await monitor.run();
  return { leaving, state: monitor.state };
}

class Monitor {
  state: MonitorState;
  readonly #options: MonitorOptions;
  readonly #left = Promise.withResolvers<Leaving>();
  #shell: ReturnType<typeof openShell> | null = null;
  #drawn: readonly string[] = [];
  #drawnAt = 0;
  #drawTimer: NodeJS.Timeout | undefined;
  /** The source has something new. */
  #isNew = true;
  #log: AbortController | null = null;
  #isSuspended = false;

  constructor(options: MonitorOptions) {
    this.#options = options;
    this.state = initialState(options.source.via, Date.now());
  }

  async run(): Promise<Leaving> {
    const { source, stdin, stdout } = this.#options;
    const forget = onLeaving(stdin, this.#left.resolve);
    // Before ink's own listener: it draws what it has in the new size.
    stdout.on("resize", this.#resized);
    process.on("SIGTSTP", this.#stopped);
    const tick = setInterval(() => this.#draw(), 1_000);
    try {
      this.#shell = openShell(this.#lines(), this.#options, (key) => this.#press(key));
      source.subscribe(() => {
        this.#isNew = true;
        this.#draw();
      });
      source.start();
      return await this.#left.promise;
    } finally {
      clearInterval(tick);
      clearTimeout(this.#drawTimer);
      this.#log?.abort();
      stdout.off("resize", this.#resized);
      process.off("SIGTSTP", this.#stopped);
      this.#shell?.close();
      this.#shell = null;
      // What is typed from now on is the shell's.
      stdin.destroy();
      forget();
    }
  }

  #lines(): string[] {
    const { source, paint, ascii, stdout } = this.#options;
    if (this.#isNew) {
      this.#isNew = false;
      this.state = { ...this.state, shown: source.current(), problem: source.problem() };
    }
    this.state = { ...this.state, now: Date.now() };
    return frame(this.state, sizeOf(stdout)).map((line) => render(line, paint, ascii));
  }

  /** Draws soon: at once, or when the last time was long enough ago. */
  #draw(): void {
    if (this.#drawTimer || this.#isSuspended) return;
    const wait = Math.max(0, this.#drawnAt + FRAME_MS - Date.now());
    this.#drawTimer = setTimeout(() => {
      this.#drawTimer = undefined;
      this.#drawNow();
    }, wait);
  }

  #drawNow(): void {
    if (!this.#shell || this.#isSuspended) return;
    const lines = this.#lines();
    this.#drawnAt = Date.now();
    if (lines.length === this.#drawn.length && lines.every((line, index) => line === this.#drawn[index])) return;
    this.#drawn = lines;
    this.#shell.draw(lines);
  }

  readonly #resized = (): void => this.#drawNow();

  /** Somebody else stops the job. */
  readonly #stopped = (): void => this.#do({ kind: "suspend" });

  #press(key: KeyPress): void {
    const { state, effect } = press(this.state, key, sizeOf(this.#options.stdout));
    this.state = state;
    if (!state.log) this.#log?.abort();
    if (effect) this.#do(effect);
    this.#draw();
  }

  #do(effect: Effect): void {
    switch (effect.kind) {
      case "quit":
        this.#left.resolve({ kind: "quit" });
        break;
      case "suspend":
        this.#suspend().catch((error: unknown) => this.#left.resolve({ kind: "error", error }));
        break;
      case "redraw":
        this.#drawn = this.#lines();
        this.#shell?.redraw(this.#drawn);
        break;
      case "act":
        void this.#act(effect.action);
        break;
      case "preview":
        void this.#preview();
        break;
      case "log":
        this.#openLog(effect.place);
        break;
    }
  }

  async #act(action: Action): Promise<void> {
    this.#tell({ tone: "faint", lines: [`${action.kind} ...`] });
    try {
      this.#tell({ tone: "good", lines: await this.#options.source.operate(action) });
    } catch (error) {
      this.#tell({ tone: "bad", lines: refusal(error) });
    }
  }

  async #preview(): Promise<void> {
    try {
      this.state = askFinalize(this.state, await this.#options.source.preview());
      this.#draw();
    } catch (error) {
      this.#tell({ tone: "bad", lines: refusal(error) });
    }
  }

  #tell(notice: MonitorState["notice"]): void {
    this.state = { ...this.state, notice };
    this.#draw();
  }

  #openLog(place: LogPlace): void {
    this.#log?.abort();
    const abort = new AbortController();
    this.#log = abort;
    const errorLine = this.state.shown && errorLineOf(place, this.state.shown);
    const log = { place, text: new LogText(0), complete: false, problem: null, top: null, shift: 0, errorLine };
    this.state = { ...this.state, log, focus: "log" };
    let isFirst = true;
    void followLog(this.#options.source, place, abort.signal, (change) => {
      if (abort.signal.aborted || !this.state.log) return;
      const next = { ...this.state.log, ...change };
      if (isFirst && change.text) {
        isFirst = false;
        next.top = topOfError(next, pageOf(this.state, sizeOf(this.#options.stdout)));
      }
      this.state = { ...this.state, log: next };
      this.#draw();
    });
  }

  /** As the terminal would do it, if it were not for this screen: the whole job is stopped. */
  async #suspend(): Promise<void> {
    if (!this.#shell || this.#isSuspended) return;
    this.#isSuspended = true;
    const suspension = await this.#shell.suspend();
    const continued = once(process, "SIGCONT");
    // With a listener it would stop nothing.
    process.off("SIGTSTP", this.#stopped);
    process.kill(0, "SIGTSTP");
    // A shell without jobs lets nothing be stopped.
    await Promise.race([continued, sleep(STOP_MS)]);
    process.on("SIGTSTP", this.#stopped);
    this.#isSuspended = false;
    await suspension.resume();
    this.#draw();
  }
}

/** Why something was not done, in the words of who refused it. */
function refusal(error: unknown): string[] {
  const problems = error instanceof UserError ? error.problems : [causeOf(error)];
  return problems.flatMap((problem) => problem.split("\n")).map((text, index) => (index === 0 ? `✗ ${text}` : text));
}

/** The engine wraps a workflow's refusal in errors of its own. */
function causeOf(error: unknown): string {
  let each = error;
  while (each instanceof Error && each.cause instanceof Error) each = each.cause;
  return messageOf(each);
}
