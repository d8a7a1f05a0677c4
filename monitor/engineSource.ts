import { previewOf } from "../gateway/views/preview.ts";
import { UserError } from "../model/errors.ts";
import type { RunView } from "../model/run.ts";
import type { Access } from "../operations/access.ts";
import { operateRun } from "../operations/operate.ts";
import { readPackages } from "../operations/packages.ts";
import { readRun } from "../operations/readModel.ts";
import { resetTarget } from "../operations/reset.ts";
import { verification } from "../operations/verification.ts";
import { Watcher } from "../watch/watcher.ts";
import type { BalanceAnswer, FinalizeAnswer } from "../workflows/messages.ts";
import { balanceWords, finalizeWords, resetWords, unblockWords } from "./answers.ts";
import {
  type Action,
  LOG_TAIL,
  type LogPart,
  type LogPlace,
  NO_RUN,
  otherRun,
  type Preview,
  type Shown,
  type Source,
} from "./source.ts";

/** Looks at the engine itself, through one watcher. */
export class EngineSource implements Source {
  readonly via = null;
  readonly #access: Access;
  readonly #watcher: Watcher;
  #problem: string | null = null;

  constructor(access: Access, target: string | undefined) {
    this.#access = access;
    const log = (line: string): void => {
      this.#problem = line;
    };
    this.#watcher = new Watcher(access, { ...(target === undefined ? {} : { target }), log });
  }

  start(): void {
    this.#watcher.start();
  }

  stop(): Promise<void> {
    return this.#watcher.stop();
  }

  current(): Shown | null {
    return this.#watcher.current();
  }

  problem(): string | null {
    return this.#problem;
  }

  subscribe(listener: () => void): () => void {
    return this.#watcher.subscribe(listener);
  }

  async operate(action: Action): Promise<string[]> {
    try {
      return await this.#do(action);
    } finally {
      void this.#watcher.now();
    }
  }

  async preview(): Promise<Preview> {
    const run = await this.#run(this.#shownTarget());
    const [packages, binhost] = await Promise.all([readPackages(this.#access, run.target), this.#access.binhost()]);
    const [staged, current] = await Promise.all([binhost.staged(run.run), binhost.snapshot(run.target, "current")]);
    return previewOf(verification(run, packages, staged), current);
  }

  /** Whose run is on the screen: it is meant, also where another target's run has begun meanwhile. */
  #shownTarget(): string {
    const target = this.current()?.reading.run?.target;
    if (target === undefined) throw new UserError(NO_RUN);
    return target;
  }

  async #run(target: string): Promise<RunView> {
    const { run, runProblem } = await readRun(await this.#access.client(), target);
    if (run === null) throw new UserError(runProblem ?? NO_RUN);
    return run;
  }

  async #do(action: Action): Promise<string[]> {
    const target = this.#shownTarget();
    // A run that answers nobody is what a reset is for.
    if (action.kind === "reset") return resetWords(await resetTarget(this.#access, target, () => {}, action.run));
    const { run } = await this.#run(target);
    if (run !== action.run) throw new UserError(otherRun(action.run, run));
    switch (action.kind) {
      case "balance":
        return balanceWords(await operateRun<BalanceAnswer>(this.#access, target, "balance", { run }));
      case "unblock":
        return unblockWords(await operateRun<string[]>(this.#access, target, "unblock", { packages: [], run }));
      case "pause":
      case "resume":
        return [`✓ ${await operateRun<string>(this.#access, target, action.kind, { run })}`];
      case "finalize": {
        const { acceptFailed } = action;
        return finalizeWords(await operateRun<FinalizeAnswer>(this.#access, target, "finalize", { acceptFailed, run }));
      }
    }
  }

  async readLog(place: LogPlace, offset: number | null): Promise<LogPart | null> {
    const { logs } = await this.#access.binhost();
    if (offset !== null) return logs.read(place, offset);
    const { begun, end } = await logs.state(place);
    return begun === null ? null : logs.read(place, Math.max(0, end - LOG_TAIL));
  }
}
