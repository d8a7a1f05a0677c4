import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadClientConnectConfig } from "@temporalio/envconfig";
import { z } from "zod";
import type { SwarmConfig } from "../config/schema.ts";
import { messageOf, usageError } from "../model/errors.ts";
import { hostAndPort } from "../system/ports.ts";

/** How to reach the engine; what @temporalio/envconfig gives, with an address in any case. */
export interface ConnectionSettings {
  options: ReturnType<typeof loadClientConnectConfig>["connectionOptions"] & { address: string };
  namespace: string;
}

const RecordSchema = z.object({ address: z.string() });

/**
 * Where the engine is: what TEMPORAL_* variables, the TOML file of the `temporal` command or [temporal] in swarm.toml
 * say; else the dev server that runs with this state directory; else where that would be.
 */
export function connectionSettings(config: SwarmConfig, env: NodeJS.ProcessEnv = process.env): ConnectionSettings {
  const { profile, configFile } = config.temporal;
  try {
    const loaded = loadClientConnectConfig({
      ...(profile === null ? {} : { profile }),
      // Read here: a file that is named and missing would be passed over by loadClientConnectConfig.
      ...(configFile === null ? {} : { configSource: { data: readFileSync(configFile) } }),
      overrideEnvVars: Object.fromEntries(Object.entries(env).filter((e): e is [string, string] => e[1] !== undefined)),
    });
    const address = loaded.connectionOptions.address ?? devServerAddress(config);
    return { options: { ...loaded.connectionOptions, address }, namespace: loaded.namespace ?? "default" };
  } catch (error) {
    throw usageError(
      `Temporal's connection settings: ${messageOf(error)}. See [temporal] in swarm.toml and TEMPORAL_* variables`,
    );
  }
}

/** Whether another engine than the embedded dev server is named. */
export function namesRealCluster(config: SwarmConfig, env: NodeJS.ProcessEnv = process.env): boolean {
  return connectionSettings(config, env).options.address !== devServerAddress(config);
}

function devServerAddress(config: SwarmConfig): string {
  try {
    return RecordSchema.parse(JSON.parse(readFileSync(join(config.swarm.stateDir, "dev-server.json"), "utf8"))).address;
  } catch {
    return hostAndPort(config.devServer.ip, config.devServer.port);
  }
}
