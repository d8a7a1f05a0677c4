import { type ChildProcess, fork } from "node:child_process";
import { extname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { PlanForecast } from "../model/forecast.ts";
import { BinhostError } from "../store/transport.ts";
import { HttpError } from "./errors.ts";
import type { ForecastOrder, ForecastReport } from "./forecastProcess.ts";
import type { Limits } from "./limits.ts";

const PROCESS = join(import.meta.dirname, `forecastProcess${extname(import.meta.filename)}`);
/** Those that are kept. */
const KEPT = 8;
/** What a process may keep: enough for some 100,000 packages. MiB */
const HEAP_MIB = 1024;
/** When one of them that take long may be done. s */
const AGAIN_S = 10;

/**
 * What plans would take. Each is made once for all who ask, in a process of its own: the simulation blocks a thread for
 * seconds, and in a thread of this process, whose heap is kept small at the cost of the compilers (heap.ts), it takes four
 * times as long. One at a time: the machine has other work.
 */
export class Forecasts {
  readonly #limits: Pick<Limits, "forecastWithinMs" | "forecastWaitMs">;
  /** By what they are about; those that are being made too. */
  readonly #kept = new Map<string, Promise<PlanForecast>>();
  #process: ChildProcess | null = null;
  /** Settles with the one that is being made; never rejects. */
  #making: Promise<unknown> | null = null;
  #isStopped = false;

  constructor(limits: Pick<Limits, "forecastWithinMs" | "forecastWaitMs">) {
    this.#limits = limits;
  }

  /** @throws HttpError 503: another one takes long, or this one did; BinhostError: there is no plan to be had */
  async of(order: ForecastOrder): Promise<PlanForecast> {
    const key = JSON.stringify(order);
    const deadline = Date.now() + this.#limits.forecastWaitMs;
    for (;;) {
      const known = this.#kept.get(key);
      if (known) return await known;
      if (this.#isStopped) throw stopped();
      if (this.#making === null) return await this.#begin(key, order);
      const left = deadline - Date.now();
      if (left <= 0) {
        throw new HttpError(503, "the forecast of another plan takes long", "One is made at a time.", AGAIN_S);
      }
      await Promise.race([this.#making, sleep(left, undefined, { ref: false })]);
    }
  }

  /** Ends what is being made: whoever waits is told. */
  stop(): void {
    this.#isStopped = true;
    this.#process?.kill("SIGKILL");
  }

  #begin(key: string, order: ForecastOrder): Promise<PlanForecast> {
    const made = this.#make(order);
    this.#kept.set(key, made);
    const forget = (): void => {
      if (this.#kept.get(key) === made) this.#kept.delete(key);
    };
    this.#making = made
      .catch((error: unknown) => {
        // What nobody could wait for is not made again and again.
        if (error instanceof GivenUp) setTimeout(forget, error.retryAfter * 1000).unref();
        else forget();
      })
      .finally(() => {
        this.#process = null;
        this.#making = null;
        for (const oldest of this.#kept.keys()) {
          if (this.#kept.size <= KEPT) break;
          this.#kept.delete(oldest);
        }
      });
    return made;
  }

  #make(order: ForecastOrder): Promise<PlanForecast> {
    const { forecastWithinMs } = this.#limits;
    const child = fork(PROCESS, {
      execArgv: [`--max-old-space-size=${HEAP_MIB}`],
      timeout: forecastWithinMs,
      killSignal: "SIGKILL",
    });
    this.#process = child;
    return new Promise((resolve, reject) => {
      child.once("message", (report: ForecastReport) => {
        child.kill("SIGKILL");
        if ("made" in report) return resolve(report.made);
        const { message, status, hint } = report.refused;
        reject(new BinhostError(message, status, hint));
      });
      child.once("error", reject);
      child.once("exit", (code, signal) => {
        if (this.#isStopped) reject(stopped());
        else if (signal === "SIGKILL") reject(new GivenUp(forecastWithinMs));
        else reject(new Error(`a forecast ended without a word: ${signal ?? `exit code ${code}`}`));
      });
      child.send(order, (error) => error && reject(error));
    });
  }
}

function stopped(): HttpError {
  return new HttpError(503, "this gateway is being stopped", "Ask another one, or later.");
}

class GivenUp extends HttpError {
  override readonly retryAfter = 60;

  constructor(ms: number) {
    const hint = "The gateway's machine is busy: ask later, or on another one: swarm run-update --dry-run";
    super(503, `the forecast was given up after ${ms / 1000} s`, hint);
  }
}
