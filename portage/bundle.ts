import { createHash } from "node:crypto";
import { z } from "zod";
import { usageError } from "../model/errors.ts";
import { isName, NAME_RULE } from "../model/names.ts";
import type { TargetBundle } from "../model/target.ts";

/** Bytes of one file of a target, and of all together: a target is configuration, and travels with every run. */
export const FILE_LIMIT = 256 * 1024;
export const BUNDLE_LIMIT = 1024 * 1024;

/** Why a text cannot be a target's name, or null. It is a part of paths and URLs. */
export function targetNameProblem(name: string): string | null {
  return isName(name) ? null : `${JSON.stringify(name)} cannot be a target's name: ${NAME_RULE}`;
}

/** Whether a text is a relative path with "/" that stays below where it starts. */
export function staysBelow(path: string): boolean {
  return !path.includes("\0") && path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

const relativePath = z.string().refine(staysBelow, "must be a relative path without empty parts, . and ..");

const bundleSchema = z.strictObject({
  format: z.literal(1),
  name: z.string().refine((name) => targetNameProblem(name) === null, "is not a target's name"),
  profile: z.strictObject({ repository: z.string().min(1), path: relativePath }),
  files: z.record(relativePath, z.string()),
  world: z.array(z.string().min(1)),
});

/** A bundle as canonical JSON: keys sorted by code unit, no spaces. The same bundle is the same bytes. */
export function bundleBytes(bundle: TargetBundle): Buffer {
  return Buffer.from(JSON.stringify(bundle, sortedKeys));
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const compare = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : Number(a > b));
  return Object.fromEntries(Object.entries(value).sort(compare));
}

/** A bundle's identity: SHA-256 of its bytes, hexadecimal. */
export function bundleHash(bundle: TargetBundle): string {
  return createHash("sha256").update(bundleBytes(bundle)).digest("hex");
}

/** Reads a bundle's bytes. UserError with all that is wrong where they are none. */
export function parseBundle(bytes: Uint8Array): TargetBundle {
  if (bytes.length > BUNDLE_LIMIT * 2) throw usageError(`target bundle: ${bytes.length} bytes are too many`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw usageError("target bundle: it is not JSON; `swarm target put DIRECTORY` makes one from a directory");
  }
  const parsed = bundleSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw usageError(
    parsed.error.issues.map((issue) => `target bundle: ${issue.path.join(".") || "it"}: ${issue.message}`),
  );
}
