import { existsSync, renameSync } from "node:fs";
import { type Database, DatabaseSync, isSqliteError, SQLITE } from "../system/sqlite.ts";
import { StoreError } from "./errors.ts";

/** How long a statement waits for another process that writes, e.g. a person with the sqlite3 shell. ms */
const BUSY_MS = 5_000;

/**
 * The schema's versions: step i leads from version i to i + 1, and `PRAGMA user_version` says which one a file has. A step
 * that was released is never changed: a new one is added.
 */
export const MIGRATIONS: readonly string[] = [
  // (run, cpv, attempt) is an attempt's identity. Times of day in ms, durations in seconds.
  `CREATE TABLE attempts (
     run TEXT NOT NULL, cpv TEXT NOT NULL, attempt INTEGER NOT NULL,
     target TEXT NOT NULL, category TEXT NOT NULL, package TEXT NOT NULL, version TEXT NOT NULL,
     drone TEXT NOT NULL, jobs INTEGER NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL,
     result TEXT NOT NULL, message TEXT,
     prepare REAL, build REAL, upload REAL,
     source_bytes INTEGER, artifact_bytes INTEGER,
     PRIMARY KEY (run, cpv, attempt)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX attempts_by_package ON attempts (package, category, started);`,
  // What drones measure of a build; phases: JSON, [["unpack", 1.5], ...].
  `ALTER TABLE attempts ADD COLUMN phases TEXT NOT NULL DEFAULT '[]';
   ALTER TABLE attempts ADD COLUMN cpu REAL;
   ALTER TABLE attempts ADD COLUMN memory INTEGER;
   CREATE INDEX attempts_by_time ON attempts (started);`,
  // Work that one core of the drone did.
  "ALTER TABLE attempts ADD COLUMN speed REAL;",
  // Bytes of the build root at its largest.
  "ALTER TABLE attempts ADD COLUMN disk INTEGER;",
];

/** Whether SQLite says that the file is damaged, or is none of its own. */
export function isCorrupt(error: unknown): boolean {
  return isSqliteError(error, SQLITE.CORRUPT, SQLITE.NOTADB);
}

/**
 * Opens the history's file, made where it is missing, and brings its schema to the present version.
 * @throws StoreError where a newer version of the swarm made it; `isCorrupt` errors where it is damaged.
 */
export function openDatabase(file: string): Database {
  const database = new DatabaseSync(file, { timeout: BUSY_MS });
  try {
    refuseNewer(database, file);
    const [damage] = database.prepare("PRAGMA quick_check(1)").all();
    if (damage?.quick_check !== "ok") {
      throw Object.assign(new Error(`${file}: ${damage?.quick_check}`), { errcode: SQLITE.CORRUPT });
    }
    // With WAL a process may be killed at any moment; NORMAL may lose the last rows in a power cut, never the file.
    database.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Each step in a transaction with the number that says that it was taken. */
function migrate(database: Database): void {
  while (versionOf(database) < MIGRATIONS.length) {
    database.exec("BEGIN IMMEDIATE");
    try {
      // Again, now that nobody else can take the step.
      const version = versionOf(database);
      const step = MIGRATIONS[version];
      if (step !== undefined) database.exec(`${step}; PRAGMA user_version = ${version + 1}`);
      database.exec("COMMIT");
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  }
}

function refuseNewer(database: Database, file: string): void {
  const version = versionOf(database);
  if (version <= MIGRATIONS.length) return;
  throw new StoreError(
    "conflict",
    `${file} is a build history of version ${version}; this binhost knows versions up to ${MIGRATIONS.length} and leaves it alone: it neither reads nor records attempts`,
    { hint: "Update this binhost, or move the file away to begin a new history; packages are served all the same." },
  );
}

function versionOf(database: Database): number {
  return Number(database.prepare("PRAGMA user_version").get()?.user_version);
}

/**
 * Moves a damaged file out of the way, with the log that belongs to it, and returns its new name. The log goes first: left
 * behind by a kill in between, it would be played into the file that is made next.
 */
export function moveAside(file: string, at: Date): string {
  const stamp = at.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  let aside = `${file}.corrupt-${stamp}`;
  for (let n = 2; existsSync(aside); n++) aside = `${file}.corrupt-${stamp}-${n}`;
  for (const part of ["-wal", "-shm", ""]) if (existsSync(file + part)) renameSync(file + part, aside + part);
  return aside;
}
