import { randomBytes } from "node:crypto";
import type { SQLInputValue } from "node:sqlite";
import { messageOf } from "../model/errors.ts";
import type { AttemptRecord, BuildSample, HistoryQuery, HistorySummary } from "../model/history.ts";
import { splitCpv } from "../portage/cpv.ts";
import { nearestFew } from "../system/nearest.ts";
import { type Database, isSqliteError, SQLITE } from "../system/sqlite.ts";
import { StoreError } from "./errors.ts";
import { isCorrupt, moveAside, openDatabase } from "./historyDatabase.ts";
import {
  COLUMNS,
  type ExportKey,
  HistorySummarySchema,
  type Imported,
  recordOf,
  rowOf,
  SAMPLE_COLUMNS,
  sampleOf,
} from "./historyRecords.ts";

/** Attempts of one package that an estimate looks at, newest first. */
const SAMPLES = 12;
/** Names offered for one that is not known. */
const NEAR = 3;

const PLACES = COLUMNS.replaceAll(/\w+/g, "?");
/** What is there stays, but a success is not hidden by the failure that was noted when its answer was lost. */
const INSERT = `INSERT INTO attempts (${COLUMNS}) VALUES (${PLACES}) ON CONFLICT (run, cpv, attempt) DO UPDATE SET
  ${COLUMNS.replaceAll(/\w+/g, "$& = excluded.$&")} WHERE excluded.result = 'built' AND attempts.result <> 'built'`;
/** What counts as a failure: not what was cancelled, went with its drone, or met another tree. */
const FAILED = "result IN ('package', 'drone', 'memory', 'infrastructure')";

/**
 * Every attempt to build something, in the file `history.db` of the binhost. It is opened at its first use. A damaged file
 * is moved aside and a new one begun; a history that cannot be written never fails a build.
 */
export class BuildHistory {
  readonly #file: string;
  readonly #log: (message: string) => void;
  #database: Database | null = null;
  /** What was last said about why nothing can be recorded, and how many attempts were not. */
  #trouble: string | null = null;
  #missed = 0;
  /** Of the connection: what it counts begins anew with another one. */
  #epoch = "";

  constructor(file: string, log: (message: string) => void) {
    this.#file = file;
    this.#log = log;
  }

  /** Opens the file now, so that what is wrong with it is said now. */
  prepare(): void {
    try {
      this.#use(() => {});
    } catch (error) {
      this.#say(error);
    }
  }

  /** Notes an attempt, once however often it is told. Never throws: what is wrong is said in the log, once. */
  record(attempt: AttemptRecord): void {
    try {
      const row = rowOf(attempt);
      this.#use((database) => database.prepare(INSERT).run(...row));
      if (this.#trouble === null) return;
      this.#log(`build history: recorded again; ${this.#missed} attempts were not`);
      this.#trouble = null;
      this.#missed = 0;
    } catch (error) {
      this.#missed++;
      this.#say(error);
    }
  }

  /** Adds the attempts of another history; known ones stay as they are. All or none. */
  import(attempts: readonly AttemptRecord[]): Imported {
    return this.#use((database) =>
      transaction(database, () => {
        const insert = database.prepare(INSERT);
        const added = attempts.filter((each) => Number(insert.run(...rowOf(each)).changes) > 0).length;
        return { added, known: attempts.length - added };
      }),
    );
  }

  /** Newest first. @throws StoreError naming the nearest ones where nothing is known of that package. */
  attempts({ package: name, target, limit, offset }: HistoryQuery): { total: number; attempts: AttemptRecord[] } {
    const conditions = [...(name === null ? [] : [named(name)]), ...(target === null ? [] : [forTarget(target)])];
    const where = conditions.length === 0 ? "" : `WHERE ${conditions.map(({ sql }) => sql).join(" AND ")}`;
    const values = conditions.flatMap((each) => each.values);
    return this.#use((database) => {
      const total = Number(database.prepare(`SELECT count(*) AS n FROM attempts ${where}`).get(...values)?.n);
      if (total === 0 && name !== null) throw this.#unknown(database, name, target);
      const rows = database
        .prepare(`SELECT * FROM attempts ${where} ORDER BY started DESC, run, cpv, attempt DESC LIMIT ? OFFSET ?`)
        .all(...values, limit, offset);
      return { total, attempts: rows.map(recordOf) };
    });
  }

  /** What costs most and what fails, of one target or of all; at most `limit` packages. */
  summary(target: string | null, limit: number): HistorySummary {
    const { sql, values } = target === null ? { sql: "TRUE", values: [] } : forTarget(target);
    return this.#use((database) => {
      const packages = database
        .prepare(
          `SELECT category || '/' || package AS name, count(*) AS attempts, sum(${FAILED}) AS failures,
             sum(ended - started) / 1e3 AS totalSeconds,
             max(CASE WHEN result = 'built' THEN (ended - started) / 1e3 END) AS slowestSeconds
           FROM attempts WHERE ${sql} GROUP BY category, package ORDER BY totalSeconds DESC, name LIMIT ?`,
        )
        .all(...values, limit);
      const drones = database
        .prepare(
          `SELECT drone, count(*) AS attempts, sum(${FAILED}) AS failures, sum(ended - started) / 1e3 AS totalSeconds
           FROM attempts WHERE ${sql} GROUP BY drone ORDER BY drone`,
        )
        .all(...values);
      const attempts = drones.reduce((sum, each) => sum + Number(each.attempts), 0);
      return HistorySummarySchema.parse({ attempts, packages, drones });
    });
  }

  /** A page of everything, in the order of the identities, after the one given. */
  page(after: ExportKey | null, limit: number): { attempts: AttemptRecord[]; more: boolean } {
    const { run, cpv, attempt } = after ?? { run: "", cpv: "", attempt: 0 };
    const rows = this.#use((database) =>
      database
        .prepare("SELECT * FROM attempts WHERE (run, cpv, attempt) > (?, ?, ?) ORDER BY run, cpv, attempt LIMIT ?")
        .all(run, cpv, attempt, limit + 1),
    );
    return { attempts: rows.slice(0, limit).map(recordOf), more: rows.length > limit };
  }

  /** The last attempts of each of these packages (category/name), any version, that were built or ran out of memory. */
  samples(packages: readonly string[]): BuildSample[] {
    return this.#use((database) => {
      const select = database.prepare(
        `SELECT ${SAMPLE_COLUMNS} FROM attempts WHERE package = ? AND category = ? AND result IN ('built', 'memory') ORDER BY started DESC LIMIT ${SAMPLES}`,
      );
      return packages.flatMap((name) => {
        const [category = "", pn = ""] = name.split("/");
        return select.all(pn, category).map(sampleOf);
      });
    });
  }

  /**
   * Another one when something was added since, by this process or another one; null: nobody has used the file yet, or it
   * cannot be read. SQLite counts it: nothing is looked through.
   */
  revision(): string | null {
    if (this.#database === null) return null;
    try {
      const counts = "SELECT total_changes() AS own, data_version AS others FROM pragma_data_version";
      return this.#use((database) => {
        const { own, others } = database.prepare(counts).get() ?? {};
        return `${this.#epoch}.${others}.${own}`;
      });
    } catch {
      return null;
    }
  }

  /** Writes everything into the one file. */
  close(): void {
    this.#database?.close();
    this.#database = null;
  }

  /** Works on the open file. One that turns out to be damaged is moved aside, and the work is done on a new one. */
  #use<T>(work: (database: Database) => T): T {
    try {
      return work(this.#database ?? this.#open());
    } catch (error) {
      if (!isCorrupt(error)) throw fullDisk(error, this.#file);
      this.#log(`build history: damaged (${messageOf(error).replaceAll(/\s+/g, " ")})`);
    }
    // Closed first: it would write into what is moved.
    this.close();
    const aside = moveAside(this.#file, new Date());
    this.#log(`build history: moved the damaged file to ${aside}; a new history begins`);
    return work(this.#open());
  }

  #open(): Database {
    this.#database = openDatabase(this.#file);
    this.#epoch = randomBytes(4).toString("hex");
    return this.#database;
  }

  #say(error: unknown): void {
    const message = error instanceof StoreError && error.hint ? `${error.message}. ${error.hint}` : messageOf(error);
    if (message === this.#trouble) return;
    this.#trouble = message;
    this.#log(`build history: attempts are not recorded, builds go on: ${message}`);
  }

  #unknown(database: Database, name: string, target: string | null): StoreError {
    const rows = database.prepare("SELECT DISTINCT category, package FROM attempts").all();
    const known = new Set(
      rows.map((row) => (name.includes("/") ? `${row.category}/${row.package}` : `${row.package}`)),
    );
    const near = nearestFew(baseOf(name), known, NEAR);
    const where = target === null ? "the build history" : `the build history of ${target}`;
    const hint = near.length > 0 ? `Did you mean ${near.join(" or ")}?` : "What is in it: swarm history";
    return new StoreError("not-found", `nothing of ${name} is in ${where}`, { hint });
  }
}

interface Condition {
  sql: string;
  values: SQLInputValue[];
}

const forTarget = (target: string): Condition => ({ sql: "target = ?", values: [target] });

/** category/name-version, else category/name, else name-version or name. */
function named(name: string): Condition {
  const [category = "", rest] = name.split("/");
  if (rest === undefined) return { sql: "(package = ? OR package || '-' || version = ?)", values: [name, name] };
  const parts = splitCpv(name);
  if (typeof parts !== "string") return { sql: "package = ? AND cpv = ?", values: [parts.name, name] };
  return { sql: "package = ? AND category = ?", values: [rest, category] };
}

/** Without a version: names are compared with names. */
function baseOf(name: string): string {
  const parts = splitCpv(name.includes("/") ? name : `any/${name}`);
  if (typeof parts === "string") return name;
  return name.includes("/") ? parts.cp : parts.name;
}

function fullDisk(error: unknown, file: string): unknown {
  if (!isSqliteError(error, SQLITE.FULL)) return error;
  return new StoreError("full", `no space left on the disk of ${file}`, {
    hint: "Remove old snapshots (swarm snapshots prune), or give the binhost's directory more space.",
  });
}

function transaction<T>(database: Database, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
