import { parse } from "smol-toml";

/** Lines by dotted key, counted from 1. Array members have their index as a part: `tree.0.uri`. */
export type KeyLines = ReadonlyMap<string, number>;

/** Notes the line for a statement's keys and for every table above them that has none yet. */
function note(value: unknown, path: readonly string[], line: number, lines: Map<string, number>): void {
  for (let depth = 1; depth <= path.length; depth++) {
    const key = path.slice(0, depth).join(".");
    if (!lines.has(key)) lines.set(key, line);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Date) return;
  for (const [name, inner] of Object.entries(value)) note(inner, [...path, name], line, lines);
}

/** The path of a header's table, with the index of each `[[array]]` on the way. */
function headerPath(parsed: object, isArray: boolean, counts: Map<string, number>): string[] {
  const path: string[] = [];
  let table: unknown = parsed;
  while (typeof table === "object" && table !== null) {
    if (Array.isArray(table)) {
      table = table[0];
      continue;
    }
    const [name] = Object.keys(table);
    if (name === undefined) break;
    path.push(name);
    table = Reflect.get(table, name);
    const key = path.join(".");
    const isNewMember = Array.isArray(table);
    if (isArray && isNewMember) counts.set(key, (counts.get(key) ?? -1) + 1);
    const index = counts.get(key);
    if (index !== undefined) path.push(String(index));
  }
  return path;
}

/**
 * Where each key of a TOML text stands; the text as a whole must be valid. The parser tells no positions, so the text is
 * parsed once more a statement at a time: a statement is the fewest lines that are valid by themselves.
 */
export function findKeyLines(toml: string): KeyLines {
  const lines = new Map<string, number>();
  const arrayCounts = new Map<string, number>();
  let table: string[] = [];
  let statement = "";
  let start = 1;
  for (const [index, line] of toml.split("\n").entries()) {
    if (statement === "") start = index + 1;
    statement += `${line}\n`;
    let parsed: object;
    try {
      parsed = parse(statement);
    } catch {
      continue;
    }
    if (/^\s*\[/.test(statement)) {
      table = headerPath(parsed, /^\s*\[\[/.test(statement), arrayCounts);
      note(null, table, start, lines);
    } else if (Object.keys(parsed).length > 0) {
      note(parsed, table, start, lines);
    }
    statement = "";
  }
  return lines;
}
