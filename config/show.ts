import { type FlatValue, flattenConfig } from "./flatten.ts";
import type { LoadedConfig } from "./load.ts";

/** One line of `swarm config show`. */
export interface ConfigRow {
  /** As written in TOML: `build.no_output_minutes`, `drones.izar.cores`, `tree.0.uri`. */
  key: string;
  value: FlatValue;
  /** `default` or `file:line`. */
  origin: string;
}

/** Each effective value and where it comes from. */
export function configRows({ config, origins }: LoadedConfig): ConfigRow[] {
  return flattenConfig(config).map(([key, value]) => ({ key, value, origin: origins[key] ?? "default" }));
}
