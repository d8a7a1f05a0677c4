import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parse, TomlError } from "smol-toml";
import { messageOf, usageError } from "../model/errors.ts";
import { checkTogether } from "./checks.ts";
import { resolveConfig, surroundingsOf } from "./defaults.ts";
import { flattenConfig } from "./flatten.ts";
import { findKeyLines, type KeyLines } from "./positions.ts";
import { lineOf, type Problem, problemsOf } from "./problems.ts";
import { fileSchema, type SwarmConfig } from "./schema.ts";

export interface LoadedConfig {
  config: SwarmConfig;
  /** The file that was read, null where there is none. */
  file: string | null;
  /** Where each value comes from, by the key as written in TOML: `default` or `file:line`. */
  origins: Record<string, string>;
}

const SYSTEM_FILE = "/etc/build-swarm/swarm.toml";

function errorCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

async function readText(file: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (error) {
    if (errorCode(error) === "ENOENT") throw error;
    const reason = error instanceof TypeError ? "it is not UTF-8 text" : messageOf(error);
    throw usageError(`${file}: cannot be read: ${reason}`);
  }
}

/** The first file of the search order that exists. A file that was named must exist. */
async function findFile(from: { path?: string; env: NodeJS.ProcessEnv; cwd: string }) {
  const named = from.path ?? (from.env.SWARM_CONFIG || undefined);
  const candidates = named === undefined ? [join(from.cwd, "swarm.toml"), SYSTEM_FILE] : [resolve(from.cwd, named)];
  for (const file of candidates) {
    try {
      return { file, text: await readText(file) };
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
    }
  }
  if (named === undefined) return null;
  const origin = from.path === undefined ? "SWARM_CONFIG names it" : "--config names it";
  throw usageError(`${candidates[0]}: there is no such configuration file (${origin})`);
}

function parseToml(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split("\n")[0]?.replace(/^Invalid TOML document: /, "");
    throw usageError(`${file}:${error.line}:${error.column}: not valid TOML: ${reason}\n${error.codeblock.trimEnd()}`);
  }
}

function refuse(file: string, problems: readonly Problem[], lines: KeyLines): never {
  const placed = problems.map(({ path, otherPath = [], text }) => ({
    line: lineOf(path, lines) ?? lineOf(otherPath, lines),
    text,
  }));
  placed.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const texts = placed.map(({ line, text }) => `${file}${line === null ? "" : `:${line}`}: ${text}`);
  throw usageError([...new Set(texts)]);
}

function originsOf(config: SwarmConfig, file: string, lines: KeyLines): Record<string, string> {
  return Object.fromEntries(
    flattenConfig(config).map(([key]) => {
      // A drone without a value of its own takes that of [drone].
      const line = lines.get(key) ?? lines.get(key.replace(/^drones\.[^.]+\./, "drone."));
      return [key, line === undefined ? "default" : `${file}:${line}`];
    }),
  );
}

/**
 * Loads the configuration. Search order: `path` (the --config option), SWARM_CONFIG, ./swarm.toml,
 * /etc/build-swarm/swarm.toml; without any of them everything has its default.
 * @throws UserError with all problems of the file, each with file and line.
 */
export async function loadConfig(from: { path?: string; env: NodeJS.ProcessEnv; cwd: string }): Promise<LoadedConfig> {
  const found = await findFile(from);
  const around = surroundingsOf(from.env, found === null ? from.cwd : dirname(found.file));
  const data = found === null ? {} : parseToml(found.file, found.text);
  const lines: KeyLines = found === null ? new Map() : findKeyLines(found.text);
  const file = found?.file ?? "(defaults)";
  const parsed = fileSchema.safeParse(data);
  if (!parsed.success) refuse(file, problemsOf(parsed.error, data), lines);
  const config = resolveConfig(parsed.data, around);
  const problems = checkTogether(config);
  if (problems.length > 0) refuse(file, problems, lines);
  return { config, file: found?.file ?? null, origins: originsOf(config, file, lines) };
}
