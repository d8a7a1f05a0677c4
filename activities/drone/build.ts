import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { BuildOrder, BuildProgress, BuiltArtifact } from "../../model/build.ts";
import { diskOf } from "../../model/estimate.ts";
import type { BuildFailure } from "../../model/failures.ts";
import { bytes } from "../../model/words.ts";
import { freeBytes, GIB } from "../../system/disk.ts";
import { endProcesses } from "../../system/processes.ts";
import {
  type Attempt,
  attemptOf,
  attemptsOnDisk,
  type DronePlaces,
  endAttempt,
  removeAttempt,
  startOf,
  stateOf,
} from "./attempt.ts";
import { type ActivityContext, leave } from "./context.ts";
import { diskOfBuilds } from "./diskOfBuilds.ts";
import { classified, failureOf, logFailure } from "./failure.ts";
import type { LogKeep } from "./logKeep.ts";
import type { LogStreams } from "./logStream.ts";
import { LogTail } from "./logTail.ts";
import { artifactOf, failureIn, lastLines } from "./outcome.ts";
import { startBuild, type Workshop } from "./prepare.ts";
import { Priorities } from "./priorities.ts";
import { type BuildResult, type MeasuredUsage, usageOf } from "./supervisor.ts";

const HEARTBEAT_MS = 2_000;
/** How soon the end of a build is seen. Costs two small reads. */
const POLL_MS = 50;
/** A build that nobody claims is left alone for so long: the engine may have been away. ms */
const ORPHAN_MS = 10 * 60_000;
/** A log whose middle cannot be given up is no longer than so many times what is to be kept of one. */
const UNLIMITED = 16;

export interface Builder extends Workshop {
  drone: Workshop["drone"] & DronePlaces & { lowDiskGib: number };
  /** That builds may use. */
  cores: number;
  /** Of one of them; 1 is the reference machine's. */
  speed: number;
  /** Where what builds write goes to. */
  logs: LogStreams;
  log(message: string): void;
}

/** What is known of a running build. */
interface Seen {
  tail: LogTail;
  usage: MeasuredUsage | null;
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

  readonly #priorities: Priorities;

  constructor(builder: Builder) {
    this.#builder = builder;
    this.#priorities = new Priorities({ cores: builder.cores, speed: builder.speed }, builder.log);
  }

  /**
   * Builds one package, or takes over the build where that attempt runs or has ended already.
   * Failures are ApplicationFailures whose type is the failure class and whose detail is a BuildFailure.
   */
  async build(order: BuildOrder, context: ActivityContext): Promise<BuiltArtifact> {
    const attempt = attemptOf(this.#builder.drone, order);
    const { claim, former } = this.#claim(attempt);
    const signal = AbortSignal.any([context.signal, claim.taken.signal]);
    const seen: Seen = { tail: new LogTail(attempt.log, this.#builder.keep), usage: null };
    let began = Date.now();
    const beat = (): void => context.heartbeat(progressOf(seen, began));
    beat();
    const timer = setInterval(beat, HEARTBEAT_MS);
    try {
      await former?.left.promise;
      began = (await startOf(attempt))?.preparedFrom ?? began;
      const adopted = await this.#ensureStarted(attempt, signal);
      this.#priorities.add(attempt);
      await this.#stream(attempt);
      const result = await this.#watch(attempt, seen, signal);
      const artifact = await this.#outcome(attempt, result, adopted, seen);
      this.#builder.logs.end(attempt.log);
      return artifact;
    } catch (error) {
      if (!signal.aborted) {
        await this.#release(attempt, claim, () => this.#end(attempt));
        const failure = classified(error, "drone");
        this.#builder.logs.end(attempt.log, logFailure(failure));
        throw failure;
      }
      if (claim.taken.signal.aborted) return leave("detached");
      const reason = context.reason();
      if (reason === "cancelled") await this.#release(attempt, claim, () => this.#remove(attempt));
      else this.#unclaimed.set(attempt.directory, Date.now());
      return leave(reason);
    } finally {
      clearInterval(timer);
      if (this.#claims.get(attempt.directory) === claim) {
        this.#claims.delete(attempt.directory);
        this.#priorities.remove(attempt);
      }
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
    await this.#remove(attempt);
    this.#unclaimed.delete(attempt.directory);
  }

  /** At the drone's start: what died without a result is removed; what runs or has ended waits for its claim. */
  async cleanAttempts(): Promise<void> {
    const attempts = await attemptsOnDisk(this.#builder.drone);
    for (const attempt of attempts) {
      if ((await stateOf(attempt)).state === "dead") await this.#remove(attempt);
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
    await this.#remove(attempt);
    await this.#endLeftovers(attempt.order);
    await this.#checkDisk(attempt.order);
    await startBuild(this.#builder, attempt, signal);
    return false;
  }

  /** Its log goes to the binhost from now on; nothing waits for that. */
  async #stream(attempt: Attempt): Promise<void> {
    const { run, cpv, attempt: number } = attempt.order;
    const start = await startOf(attempt);
    if (start === null) return;
    this.#builder.logs.follow(attempt.log, { key: { run, cpv, attempt: number }, begun: start.preparedFrom });
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
      await this.#remove(other);
      this.#unclaimed.delete(other.directory);
    }
  }

  /** What is only kept at hand gives way to a build. */
  async #checkDisk(order: BuildOrder): Promise<void> {
    const { drone, artifacts } = this.#builder;
    const { dir, lowDiskGib } = drone;
    await mkdir(dir, { recursive: true });
    const { toCome } = await diskOfBuilds(drone);
    await artifacts.makeRoom(lowDiskGib * GIB + toCome + diskOf(order));
    const free = await freeBytes(dir);
    if (free >= lowDiskGib * GIB) return;
    const message = `disk full: ${(free / GIB).toFixed(2)} GiB free in ${dir}, low_disk_gib is ${lowDiskGib}`;
    throw failureOf({ class: "infrastructure", message });
  }

  async #watch(attempt: Attempt, seen: Seen, signal: AbortSignal): Promise<BuildResult> {
    const { noOutputSeconds } = attempt.order;
    let looked = 0;
    for (;;) {
      signal.throwIfAborted();
      const now = await stateOf(attempt);
      if (now.state === "ended") return now.result;
      if (now.state === "dead") throw failureOf(await this.#failure(attempt, null, seen));
      if (Date.now() - looked >= HEARTBEAT_MS / 2) {
        looked = Date.now();
        const silentFor = Date.now() - (await seen.tail.update());
        seen.usage = await usageOf(attempt);
        seen.tail.know(seen.usage?.marks.map(([, line]) => line) ?? []);
        const endless = endlessLog(seen, this.#builder.keep);
        if (endless !== null) throw failureOf({ ...endless, ...(await lastLines(attempt)) });
        if (silentFor > noOutputSeconds * 1000) {
          const message = `no output for ${spell(noOutputSeconds)}: killed`;
          throw failureOf({ class: "package", message, phase: seen.tail.phase, ...(await lastLines(attempt)) });
        }
      }
      await sleep(POLL_MS);
    }
  }

  async #outcome(attempt: Attempt, result: BuildResult, adopted: boolean, seen: Seen): Promise<BuiltArtifact> {
    const start = await startOf(attempt);
    if (result.exitCode !== 0 || start === null) throw failureOf(await this.#failure(attempt, result, seen));
    await this.#end(attempt);
    return await artifactOf(attempt, { start, result, adopted, speed: this.#builder.speed });
  }

  async #failure(attempt: Attempt, result: BuildResult | null, { tail }: Seen): Promise<BuildFailure> {
    const outOfMemory = (await this.#builder.cgroups?.outOfMemory(attempt.label)) ?? false;
    const { drone, speed } = this.#builder;
    return await failureIn(attempt, result, { dir: drone.dir, outOfMemory, speed, tail });
  }

  async #end(attempt: Attempt): Promise<void> {
    await endAttempt(attempt);
    await this.#builder.cgroups?.remove(attempt.label);
  }

  async #remove(attempt: Attempt): Promise<void> {
    await removeAttempt(attempt);
    this.#builder.logs.end(attempt.log);
    await this.#builder.cgroups?.remove(attempt.label);
  }
}

function progressOf({ tail, usage }: Seen, began: number): BuildProgress {
  return {
    ...{ phase: tail.phase, elapsed: Math.round((Date.now() - began) / 1000), lastLine: tail.lastLine },
    ...(usage && { cpuSeconds: Math.round(usage.cpuSeconds), memoryBytes: usage.memoryBytes }),
  };
}

/** A log that would fill the disk, where the file system cannot do without its middle. */
function endlessLog({ tail, usage }: Seen, keep: LogKeep): BuildFailure | null {
  if (!usage?.logUnlimited || tail.size <= UNLIMITED * (keep.head + keep.tail)) return null;
  const message = `it printed ${bytes(tail.size)}: killed, since the drone's file system keeps all of it (${usage.logUnlimited})`;
  return { class: "package", message, phase: tail.phase };
}

function spell(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60} minutes` : `${seconds} seconds`;
}
