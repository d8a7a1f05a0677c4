import { join } from "node:path";
import type { LogKey } from "../model/logs.ts";
import { isName, isRunId, NAME_RULE } from "../model/names.ts";
import { StoreError } from "./errors.ts";

/**
 * Every path of the store, and the rule of every name that becomes part of one: nothing outside the root can be reached.
 *
 * ```
 * blobs/<sha256>                                  bundles and plans
 * pool/<sha256, 2 digits>/<sha256>.gpkg.tar       every accepted artifact, once; .json: its record, made from the file
 * uploads/<id>.part, <id>.whole                   on its way; complete with the right digest
 * staging/<run>/<category>/<pf>-<build id>/<sha256>.gpkg.tar    hard links into the pool: accepted for that run
 * quarantine/<id>/{artifact.gpkg.tar, reason.json}              refused, kept for people
 * targets/<name>/target.json
 * targets/<name>/snapshots/<id>/{packages/, snapshot.json, summary.json, published}
 * targets/<name>/reissues/<id>.<timestamp>/       a kept snapshot published again: same files, newer index
 * targets/<name>/current -> snapshots/<id> or reissues/<...>    what clients see: nginx can serve current/packages
 * locks/                                          see system/lock.ts
 * history.db                                      every attempt to build something: see historyDatabase.ts
 * logs/<run>/<category>/<pf>.<attempt>/           the log of an attempt while it grows: see logSegments.ts
 * logs/<run>/<category>/<pf>.<attempt>.log.zst    when it is complete: see logArchive.ts
 * ```
 * `packages/` is a tree of hard links into the pool, `Packages` and `Packages.gz`. An artifact whose only link is the
 * pool's is used by nothing. A name that begins with a dot is half made or half removed: it is never read.
 */
export class Layout {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  blob(sha256: string): string {
    return join(this.root, "blobs", checkSha256(sha256));
  }

  get pool(): string {
    return join(this.root, "pool");
  }

  /** The artifact's path; its record has `.json` instead. */
  poolFile(sha256: string): string {
    return join(this.pool, checkSha256(sha256).slice(0, 2), `${sha256}.gpkg.tar`);
  }

  poolRecord(sha256: string): string {
    return join(this.pool, checkSha256(sha256).slice(0, 2), `${sha256}.json`);
  }

  get uploads(): string {
    return join(this.root, "uploads");
  }

  partialUpload(id: string): string {
    return join(this.uploads, `${checkUploadId(id)}.part`);
  }

  wholeUpload(id: string): string {
    return join(this.uploads, `${checkUploadId(id)}.whole`);
  }

  get staging(): string {
    return join(this.root, "staging");
  }

  stagingRun(run: string): string {
    return join(this.staging, checkRun(run));
  }

  /** The directory of one build of one package in a run's staging. */
  stagingBuild(run: string, category: string, pf: string, buildId: number): string {
    return join(this.stagingRun(run), checkPlain(category), `${checkPlain(pf)}-${buildId}`);
  }

  quarantine(id: string): string {
    return join(this.root, "quarantine", checkUploadId(id));
  }

  get targets(): string {
    return join(this.root, "targets");
  }

  target(name: string): string {
    return join(this.targets, checkTarget(name));
  }

  targetFile(name: string): string {
    return join(this.target(name), "target.json");
  }

  current(target: string): string {
    return join(this.target(target), "current");
  }

  snapshots(target: string): string {
    return join(this.target(target), "snapshots");
  }

  snapshot(target: string, id: string): string {
    return join(this.snapshots(target), checkSnapshot(id));
  }

  reissues(target: string): string {
    return join(this.target(target), "reissues");
  }

  get history(): string {
    return join(this.root, "history.db");
  }

  get logs(): string {
    return join(this.root, "logs");
  }

  logRun(run: string): string {
    return join(this.logs, checkRun(run));
  }

  /** The directory of an attempt's log while it grows; complete, it is a file of that name with `.log.zst`. */
  growingLog({ run, cpv, attempt }: LogKey): string {
    const [category = "", pf = "", ...more] = cpv.split("/");
    check(more.length === 0, cpv, "a package (category/name-version)");
    check(Number.isSafeInteger(attempt) && attempt > 0, String(attempt), "an attempt's number");
    return join(this.logRun(run), checkPlain(category), `${checkPlain(pf)}.${attempt}`);
  }

  completeLog(key: LogKey): string {
    return `${this.growingLog(key)}.log.zst`;
  }

  /** Everything that changes the pool or staging holds it. */
  get poolLock(): string {
    return join(this.root, "locks", "pool");
  }

  /** Everything that changes a target's snapshots holds it; taken before the pool's where both are needed. */
  targetLock(name: string): string {
    return join(this.root, "locks", `target-${checkTarget(name)}`);
  }
}

/** Path of a package's file below `packages/`, as Portage places it. */
export function packagePath(category: string, name: string, pf: string, buildId: number): string {
  return `${checkPlain(category)}/${checkPlain(name)}/${checkPlain(pf)}-${buildId}.gpkg.tar`;
}

/** Whether a text may be one part of a path to a package file: plain characters, not hidden, not a step upwards. */
export function isPlain(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9+_.-]{0,200}$/.test(text);
}

/** The snapshot's id in what `current` points to. */
export function snapshotOfLink(link: string): string | null {
  const id = /^(?:snapshots\/([^/.]+)|reissues\/([^/.]+)\.\d+)$/.exec(link);
  return id?.[1] ?? id?.[2] ?? null;
}

function checkPlain(text: string): string {
  return check(isPlain(text), text, "a plain file name");
}

function checkSha256(text: string): string {
  return check(/^[0-9a-f]{64}$/.test(text), text, "a SHA-256 (64 hexadecimal digits)");
}

function checkRun(text: string): string {
  return check(isRunId(text), text, "a run's id");
}

function checkTarget(text: string): string {
  return check(isName(text), text, "a target's name", `A name is ${NAME_RULE}.`);
}

function checkSnapshot(text: string): string {
  return check(/^\d{8}T\d{6}Z-[a-z0-9-]{1,128}$/.test(text), text, "a snapshot's id (20261121T010203Z-run)");
}

function checkUploadId(text: string): string {
  return check(/^[A-Za-z0-9_][A-Za-z0-9+_.@-]{0,239}$/.test(text), text, "an upload's id");
}

function check(good: boolean, text: string, what: string, hint?: string): string {
  if (good) return text;
  throw new StoreError(
    "invalid",
    `${JSON.stringify(text.slice(0, 200))} is not ${what}`,
    hint === undefined ? {} : { hint },
  );
}
