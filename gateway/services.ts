import type { SwarmConfig } from "../config/schema.ts";
import type { Access } from "../operations/access.ts";
import type { GatewayAccess } from "./access.ts";
import type { AlertsLook } from "./alertsLook.ts";
import type { Forecasts } from "./forecasts.ts";
import type { HealthChecks } from "./healthChecks.ts";
import type { Limits } from "./limits.ts";
import type { Caller } from "./roles.ts";
import type { SlowReaders } from "./slowReaders.ts";
import type { Watchers } from "./watchers.ts";

/** What the routes work with. */
export interface Services {
  config: SwarmConfig;
  access: GatewayAccess;
  watchers: Watchers;
  health: HealthChecks;
  alerts: AlertsLook;
  forecasts: Forecasts;
  limits: Limits;
  /** All who read streams. */
  slow: SlowReaders;
  version: string;
  /** Temporal's Web UI down to the namespace; null: there is none. */
  webUi: () => string | null;
  log: (line: string) => void;
}

/** What is done in a caller's name. */
export function inNameOf({ access }: Services, { name }: Caller): Access {
  return access.as(name);
}
