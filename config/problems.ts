import { z } from "zod";
import { nearest } from "../system/nearest.ts";
import type { KeyLines } from "./positions.ts";
import { fileSchema } from "./schema.ts";

type Path = readonly PropertyKey[];

/** A problem and the keys that lead to its place. */
export interface Problem {
  path: Path;
  /** Where the place may be as well, if `path` is not in the file. */
  otherPath?: Path;
  text: string;
}

const factsSchema = z.object({ must: z.string(), default: z.string().nullable() });

/** `tree[1].uri`: members are counted from 1 for people. */
export function displayKey(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part + 1}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");
}

function displayValue(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function child(schema: unknown, part: PropertyKey): unknown {
  let inner = schema;
  while (inner instanceof z.ZodOptional) inner = inner.unwrap();
  if (inner instanceof z.ZodObject) return inner.shape[String(part)];
  if (inner instanceof z.ZodRecord) return inner.valueType;
  return inner instanceof z.ZodArray ? inner.element : undefined;
}

/** The schemas from the whole file down to a key. */
function schemasAlong(path: Path): unknown[] {
  const found: unknown[] = [fileSchema];
  for (const part of path) found.push(child(found.at(-1), part));
  return found;
}

/** What is known of the key or, for a list's member, of the list. */
function factsOf(path: Path): z.infer<typeof factsSchema> | null {
  for (const schema of schemasAlong(path).reverse()) {
    const facts = factsSchema.safeParse(schema instanceof z.ZodType ? schema.meta() : undefined);
    if (facts.success) return facts.data;
  }
  return null;
}

function knownKeys(path: Path): string[] {
  let inner = schemasAlong(path).at(-1);
  while (inner instanceof z.ZodOptional) inner = inner.unwrap();
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) => (typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined),
    data,
  );
}

function unknownKey(table: Path, key: string): Problem {
  const path = [...table, key];
  const known = knownKeys(table);
  const near = nearest(key, known);
  const what = table.length === 0 ? "unknown section or key" : "unknown key";
  if (near !== null) return { path, text: `${what} "${displayKey(path)}": did you mean "${near}"?` };
  const where = table.length === 0 ? "at the top" : `in [${displayKey(table)}]`;
  const droneOnly = displayKey(path) === "drone.dir" ? ": each drone has its own, set it in [drones.NAME]" : "";
  return { path, text: `${what} "${displayKey(path)}"${droneOnly || `: known ${where}: ${known.join(", ")}`}` };
}

function wrongValue(path: Path, data: unknown): Problem {
  const value = valueAt(data, path);
  const key = displayKey(path);
  const facts = factsOf(path);
  const must = facts?.must ?? (typeof path.at(-1) === "number" || path.length > 1 ? "a table" : `a section: [${key}]`);
  const fallback = facts?.default ? ` (default: ${facts.default})` : "";
  if (value === undefined) return { path, text: `${key} is missing: it must be ${must}` };
  return { path, text: `${key} must be ${must}, not ${displayValue(value)}${fallback}` };
}

/** All that zod found wrong with a file, in words. */
export function problemsOf(error: z.ZodError, data: unknown): Problem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(issue.path, key));
    if (issue.code === "invalid_key") {
      const text = `${displayKey(issue.path)}: ${displayValue(issue.path.at(-1))} must be ${factsOf(issue.path)?.must}`;
      return [{ path: issue.path, text }];
    }
    return [wrongValue(issue.path, data)];
  });
}

/** The line of a key or, where it has none (a missing key), of the table that it belongs to. */
export function lineOf(path: Path, lines: KeyLines): number | null {
  for (let length = path.length; length > 0; length--) {
    const line = lines.get(path.slice(0, length).join("."));
    if (line !== undefined) return line;
  }
  return null;
}
