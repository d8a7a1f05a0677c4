import type { Access } from "../operations/access.ts";
import { operateRun } from "../operations/operate.ts";
import { resetTarget } from "../operations/reset.ts";
import { chooseRun } from "../operations/targets.ts";
import { Watcher } from "../watch/watcher.ts";
import type { BalanceAnswer, FinalizeAnswer } from "../workflows/messages.ts";
import { balanceWords, finalizeWords, unblockWords } from "./answers.ts";
import { type Action, LOG_TAIL, type LogPart, type LogPlace, type Shown, type Source } from "./source.ts";

/** Looks at the engine itself, through one watcher. */
export class EngineSource implements Source {
  readonly via = null;
  readonly #access: Access;
  readonly #target: string | undefined;
  readonly #watcher: Watcher;
  #problem: string | null = null;

  constructor(access: Access, target: string | undefined) {
    this.#access = access;
    this.#target = target;
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

  async #do(action: Action): Promise<string[]> {
    // What is on the screen is meant, also where another target's run has begun meanwhile.
    const target = this.#target ?? this.current()?.reading.run?.target;
    switch (action.kind) {
      case "balance":
        return balanceWords(await operateRun<BalanceAnswer>(this.#access, target, "balance"));
      case "unblock":
        return unblockWords(await operateRun<string[]>(this.#access, target, "unblock", { packages: [] }));
      case "pause":
      case "resume":
        return [`✓ ${await operateRun<string>(this.#access, target, action.kind)}`];
      case "finalize": {
        const { acceptFailed } = action;
        return finalizeWords(await operateRun<FinalizeAnswer>(this.#access, target, "finalize", { acceptFailed }));
      }
      case "reset": {
        const steps: string[] = [];
        await resetTarget(this.#access, await chooseRun(this.#access, target), (step) => steps.push(`✓ ${step}`));
        return [...steps, "→ Run: swarm run-update"];
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
