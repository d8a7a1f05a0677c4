import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { BuildOrder, BuildProgress, BuiltArtifact } from "../../model/build.ts";
import type { BuildFailure } from "../../model/failures.ts";
import { classifyBuild } from "../../portage/buildFailure.ts";
import { freeBytes, GIB } from "../../system/disk.ts";
import { endProcesses } from "../../system/processes.ts";
import {
  type Attempt,
  attemptOf,
  attemptsOnDisk,
  type BuildResult,
  type DronePlaces,
  endAttempt,
  provisionSeconds,
  removeAttempt,
  startOf,
  stateOf,
} from "./attempt.ts";
import { type ActivityContext, leave } from "./context.ts";
import { sha256Of } from "./digest.ts";
import { classified, failureOf } from "./failure.ts";
import { endOf, LogTail } from "./logTail.ts";
import { startBuild, type Workshop } from "./prepare.ts";

const MIB = 1024 * 1024;
const HEARTBEAT_MS = 2_000;
/** How soon the end of a build is seen. Costs two small reads. */
const POLL_MS = 50;
/** What a person or program needs of a failed build's log is near its end. */
const LOG_BYTES = 256 * 1024;
const MIN_PACKAGE_BYTES = 1024;
/** With less than this free at its end, a failed build is not asked for its own reasons. */
const FULL_BYTES = 16 * MIB;
/** A build that nobody claims is left alone for so long: the engine may have been away. ms */
const ORPHAN_MS = 10 * 60_000;

export interface Builder extends Workshop {
  drone: Workshop["drone"] & DronePlaces & { lowDiskGib: number };
  log(message: string): void;
}

interface Claim {
  /** Aborted when another activity takes the attempt over. */
  taken: AbortController;
  /** Resolved when the activity has let go of it. */
  left: PromiseWithResolvers<void>;
}

/** Runs the builds of one drone. Whoever has an attempt's claim watches it; the build itself needs nobody. */
export class Builds {
  readonly #builder: Builder;
  /** Attempt directory -> the activity that watches it now. */
  readonly #claims = new Map<string, Claim>();
  /** Attempt directory -> since when nobody watches it, ms since the epoch. */
  readonly #unclaimed = new Map<string, number>();
  /** Attempt directories whose artifact is on its way. */
  readonly #uploading = new Set<string>();

  constructor(builder: Builder) {
    this.#builder = builder;
  }

  /**
   * Builds one package, or takes over the build where that attempt runs or has ended already.
   * Failures are ApplicationFailures whose type is the failure class and whose detail is a BuildFailure.
   */
  async build(order: BuildOrder, context: ActivityContext): Promise<BuiltArtifact> {
    const attempt = attemptOf(this.#builder.drone, order);
    const { claim, former } = this.#claim(attempt);
    const signal = AbortSignal.any([context.signal, claim.taken.signal]);
    const tail = new LogTail(attempt.log);
    let began = Date.now();
    const beat = (): void => context.heartbeat(progressOf(tail, began));
    beat();
    const timer = setInterval(beat, HEARTBEAT_MS);
    try {
      await former?.left.promise;
      began = (await startOf(attempt))?.preparedFrom ?? began;
      const adopted = await this.#ensureStarted(attempt, signal);
      const result = await this.#watch(attempt, tail, signal);
      return await this.#outcome(attempt, result, adopted);
    } catch (error) {
      if (!signal.aborted) {
        await this.#release(attempt, claim, () => endAttempt(attempt));
        throw classified(error, "drone");
      }
      if (claim.taken.signal.aborted) return leave("detached");
      const reason = context.reason();
      if (reason === "cancelled") await this.#release(attempt, claim, () => removeAttempt(attempt));
      else this.#unclaimed.set(attempt.directory, Date.now());
      return leave(reason);
    } finally {
      clearInterval(timer);
      if (this.#claims.get(attempt.directory) === claim) this.#claims.delete(attempt.directory);
      claim.left.resolve();
    }
  }

  /** Keeps an attempt's artifact while `work` needs it, and for a while after: a binhost may be away for long. */
  async uploading<T>(order: BuildOrder, work: () => Promise<T>): Promise<T> {
    const { directory } = attemptOf(this.#builder.drone, order);
    this.#uploading.add(directory);
    try {
      return await work();
    } finally {
      this.#uploading.delete(directory);
      this.#unclaimed.set(directory, Date.now());
    }
  }

  /** Frees what an attempt left, after it was accepted or given up. May be repeated. */
  async discard(order: BuildOrder): Promise<void> {
    const attempt = attemptOf(this.#builder.drone, order);
    await removeAttempt(attempt);
    this.#unclaimed.delete(attempt.directory);
  }

  /** At the drone's start: what died without a result is removed; what runs or has ended waits for its claim. */
  async cleanAttempts(): Promise<void> {
    const attempts = await attemptsOnDisk(this.#builder.drone);
    for (const attempt of attempts) {
      if ((await stateOf(attempt)).state === "dead") await removeAttempt(attempt);
    }
    const roots = join(this.#builder.drone.dir, "roots");
    const known = new Set(attempts.map((it) => it.root));
    for (const name of await readdir(roots).catch(() => [])) {
      const path = join(roots, name);
      if (known.has(path)) continue;
      await endProcesses(null, [path]);
      await rm(path, { recursive: true, force: true });
    }
  }

  /** The newest activity for an attempt has it: an older one was given up by the server, which only it does not know yet. */
  #claim(attempt: Attempt): { claim: Claim; former: Claim | undefined } {
    const former = this.#claims.get(attempt.directory);
    former?.taken.abort();
    const claim = { taken: new AbortController(), left: Promise.withResolvers<void>() };
    this.#claims.set(attempt.directory, claim);
    this.#unclaimed.delete(attempt.directory);
    return { claim, former };
  }

  /** Clears up, unless another activity has taken the attempt meanwhile. */
  async #release(attempt: Attempt, claim: Claim, clear: () => Promise<void>): Promise<void> {
    if (this.#claims.get(attempt.directory) === claim) await clear();
  }

  /** @returns whether the build was there already. */
  async #ensureStarted(attempt: Attempt, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const { state } = await stateOf(attempt);
    if (state !== "dead") return true;
    await removeAttempt(attempt);
    await this.#endLeftovers(attempt.order);
    await this.#checkDisk();
    await startBuild(this.#builder, attempt, signal);
    return false;
  }

  /** Ends what this order replaces, and what nobody has asked for in a time in which the engine does ask. */
  async #endLeftovers(order: BuildOrder): Promise<void> {
    for (const other of await attemptsOnDisk(this.#builder.drone)) {
      if (this.#claims.has(other.directory) || this.#uploading.has(other.directory)) continue;
      const { cpv, target, run, attempt } = other.order;
      const replaced = cpv === order.cpv && target === order.target && (run !== order.run || attempt !== order.attempt);
      // Counted from an order on: before one came, the engine may have been away.
      const since = this.#unclaimed.get(other.directory);
      if (since === undefined) this.#unclaimed.set(other.directory, Date.now());
      if (!replaced && Date.now() - (since ?? Date.now()) < ORPHAN_MS) continue;
      this.#builder.log(`ending the leftover build of ${cpv} (${run}, attempt ${attempt})`);
      await removeAttempt(other);
      this.#unclaimed.delete(other.directory);
    }
  }

  async #checkDisk(): Promise<void> {
    const { dir, lowDiskGib } = this.#builder.drone;
    await mkdir(dir, { recursive: true });
    const free = await freeBytes(dir);
    if (free >= lowDiskGib * GIB) return;
    const message = `disk full: ${(free / GIB).toFixed(2)} GiB free in ${dir}, low_disk_gib is ${lowDiskGib}`;
    throw failureOf({ class: "infrastructure", message });
  }

  async #watch(attempt: Attempt, tail: LogTail, signal: AbortSignal): Promise<BuildResult> {
    const { noOutputSeconds } = attempt.order;
    let looked = 0;
    for (;;) {
      signal.throwIfAborted();
      const now = await stateOf(attempt);
      if (now.state === "ended") return now.result;
      if (now.state === "dead") throw failureOf(await this.#failure(attempt, null));
      if (Date.now() - looked >= HEARTBEAT_MS / 2) {
        looked = Date.now();
        const silentFor = Date.now() - (await tail.update());
        if (silentFor > noOutputSeconds * 1000) {
          const message = `no output for ${spell(noOutputSeconds)}: killed`;
          throw failureOf({ class: "package", message, phase: tail.phase, ...(await lastLines(attempt)) });
        }
      }
      await sleep(POLL_MS);
    }
  }

  async #outcome(attempt: Attempt, result: BuildResult, adopted: boolean): Promise<BuiltArtifact> {
    const start = await startOf(attempt);
    if (result.exitCode !== 0 || start === null) throw failureOf(await this.#failure(attempt, result));
    await endAttempt(attempt);
    const file = attempt.packageFile(start.buildId);
    const size = await stat(file).then(
      (info) => info.size,
      () => 0,
    );
    if (size <= MIN_PACKAGE_BYTES) {
      const message = `Portage ended well, but left no package with BUILD_ID ${start.buildId} (${size} bytes)`;
      throw failureOf({ class: "drone", message, ...(await lastLines(attempt)) });
    }
    const provisioned = (await provisionSeconds(attempt)) ?? 0;
    return {
      cpv: attempt.order.cpv,
      buildId: start.buildId,
      size,
      sha256: await sha256Of(file),
      prepareSeconds: Math.max(0, result.startedAt - start.preparedFrom / 1000) + provisioned,
      buildSeconds: Math.max(0, result.endedAt - result.startedAt - provisioned),
      adopted,
    };
  }

  /**
   * Why it failed; to be asked before its root is removed, which frees the disk.
   * @param result null where the supervisor died: it was killed, or could not even write down how the build ended.
   */
  async #failure(attempt: Attempt, result: BuildResult | null): Promise<BuildFailure> {
    const free = await freeBytes(this.#builder.drone.dir);
    const failure = classifyBuild(result ?? { exitCode: null, signal: null }, await endOf(attempt.log, LOG_BYTES));
    if (free < FULL_BYTES && failure.class !== "memory") {
      return {
        ...failure,
        class: "infrastructure",
        message: `disk full: ${(free / MIB).toFixed(1)} MiB are left on the drone`,
      };
    }
    if (result !== null || failure.class !== "package") return failure;
    return { ...failure, class: "infrastructure", message: "the build's supervisor was killed from outside" };
  }
}

async function lastLines(attempt: Attempt): Promise<{ logTail?: string[] }> {
  const { logTail } = classifyBuild({ exitCode: 1, signal: null }, await endOf(attempt.log, LOG_BYTES));
  return logTail === undefined ? {} : { logTail };
}

function progressOf(tail: LogTail, began: number): BuildProgress {
  return { phase: tail.phase, elapsed: Math.round((Date.now() - began) / 1000), lastLine: tail.lastLine };
}

function spell(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60} minutes` : `${seconds} seconds`;
}
