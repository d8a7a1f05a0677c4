import type { SwarmConfig } from "./schema.ts";

export type FlatValue = string | number | boolean | string[] | null;

/** Sections whose name in TOML is not the snake case of ours. */
const SECTIONS: Record<string, string> = { trees: "tree", droneDefaults: "drone", hooks: "hook", channels: "channel" };

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function isList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((member) => typeof member === "string");
}

function flattenAt(value: unknown, key: string): [string, FlatValue][] {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean" || value === null) {
    return [[key, value]];
  }
  // Without members it may be `trees`, too: an empty list all the same.
  if (isList(value)) return [[key, value]];
  return Object.entries(value ?? {}).flatMap(([name, inner]) =>
    flattenAt(inner, key === "" ? (SECTIONS[name] ?? snakeCase(name)) : `${key}.${SECTIONS[name] ?? snakeCase(name)}`),
  );
}

/** Every value with its key as written in TOML: `build.no_output_minutes`, `drones.izar.cores`, `tree.0.uri`. */
export function flattenConfig(config: SwarmConfig): [key: string, value: FlatValue][] {
  return flattenAt(config, "");
}
