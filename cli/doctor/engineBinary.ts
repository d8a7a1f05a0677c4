import type { SwarmConfig } from "../../config/schema.ts";
import { findTemporal, TEMPORAL_VERSION } from "../../temporal-dev/find.ts";
import type { Check } from "./check.ts";

/** The program of the embedded engine. */
export async function checkTemporal(config: SwarmConfig, env: NodeJS.ProcessEnv): Promise<Check[]> {
  const binary = await findTemporal({ cacheDir: config.swarm.cacheDir, env });
  const found = binary ?? `not here; ${TEMPORAL_VERSION} is downloaded, or built with Go, at the first start`;
  return [{ name: "temporal", verdict: binary === null ? "note" : "ok", found, fix: null, roles: ["dev-server"] }];
}
