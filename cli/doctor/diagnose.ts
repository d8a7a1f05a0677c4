import type { SwarmConfig } from "../../config/schema.ts";
import { namesRealCluster } from "../../connection/options.ts";
import { type Check, ROLES, type RoleName } from "./check.ts";
import { checkTemporal } from "./engineBinary.ts";
import { checkPlaces } from "./places.ts";
import { checkPortage, checkPrograms } from "./programs.ts";
import { checkServices } from "./services.ts";

/** What became of one role on this machine. */
export interface RoleVerdict {
  role: RoleName;
  /** The configuration runs it here. */
  configured: boolean;
  canRun: boolean;
  /** Names of the checks that stand in its way. */
  lacks: string[];
}

export interface Diagnosis {
  checks: Check[];
  roles: RoleVerdict[];
}

/** Looks at this machine with the eyes of every role. Changes nothing. */
export async function diagnose(config: SwarmConfig, env: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const foreign = namesRealCluster(config, env);
  const groups = await Promise.all([
    checkPrograms(config, env),
    checkPortage(config, env),
    foreign ? [] : checkTemporal(config, env),
    checkPlaces(config),
    checkServices(config, env),
  ]);
  const checks = groups.flat();
  const configured: Record<RoleName, boolean> = {
    "dev-server": !foreign,
    orchestrator: true,
    binhost: true,
    drone: config.up.drones.length > 0,
    client: false,
  };
  const roles = ROLES.map((role) => {
    const lacks = checks
      .filter((check) => check.verdict === "bad" && check.roles.includes(role))
      .map(({ name }) => name);
    return { role, configured: configured[role], canRun: lacks.length === 0, lacks: [...new Set(lacks)] };
  });
  return { checks, roles };
}
