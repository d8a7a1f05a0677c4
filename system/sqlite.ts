/**
 * Node's SQLite, without the warning that early releases of Node 24 print at its import: who runs `swarm` can do nothing
 * about it. Other warnings stay.
 */
const { emitWarning } = process;
process.emitWarning = (...given: unknown[]) => {
  if (!String(given[0]).startsWith("SQLite is an experimental feature")) Reflect.apply(emitWarning, process, given);
};
export const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
process.emitWarning = emitWarning;

export type Database = InstanceType<typeof DatabaseSync>;

/** SQLite's result codes that we tell apart. https://www.sqlite.org/rescode.html */
export const SQLITE = { BUSY: 5, CORRUPT: 11, FULL: 13, NOTADB: 26 } as const;

/** Whether SQLite failed with one of these result codes, extended ones included. */
export function isSqliteError(error: unknown, ...codes: number[]): boolean {
  return error instanceof Error && "errcode" in error && codes.includes(Number(error.errcode) & 0xff);
}
