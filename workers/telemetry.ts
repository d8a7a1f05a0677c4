import { hostname } from "node:os";
import { basename } from "node:path";
import type { Registry } from "prom-client";
import type { SwarmConfig } from "../config/schema.ts";
import { messageOf } from "../model/errors.ts";
import type { RoleHealth } from "../model/health.ts";
import { packageVersion } from "../system/packageVersion.ts";
import { fetchText } from "../telemetry/fetchText.ts";
import { roleRegistry } from "../telemetry/processMetrics.ts";
import { startTracing, type Tracing } from "../telemetry/tracing.ts";
import type { RoleContext } from "./role.ts";
import { announceAddress, RECORD_VARIABLE } from "./roleRecords.ts";
import { type RoleAnswers, serveRole } from "./roleServer.ts";
import { installRuntime } from "./runtime.ts";

const SDK_LIMITS = { withinMs: 2_000, maxBytes: 8 * 2 ** 20 };

/** What a role tells of itself. */
export interface RoleTelemetry extends RoleAnswers {
  /** For the role's own metrics; null: metrics are off. */
  registry: Registry | null;
  tracing: Tracing;
  /** Called when the role does its work. */
  ready: () => void;
  close: () => Promise<void>;
}

interface Identity {
  role: RoleHealth["role"];
  /** null: the role has no name. */
  name: string | null;
}

/**
 * Begins a role: installs the SDK's runtime and tells metrics and health at an address of the role's own.
 * @param own the role has an HTTP server that tells them: none is started here
 */
export async function startTelemetry(
  { metrics: config }: Pick<SwarmConfig, "metrics">,
  identity: Identity & { own?: boolean },
  { log }: Pick<RoleContext, "log">,
): Promise<RoleTelemetry> {
  const { role } = identity;
  const name = identity.name ?? processName(role);
  const version = packageVersion();
  const isOn = config.port !== 0;
  const registry = isOn ? roleRegistry({ role, name, version }) : null;
  const sdk = await installRuntime(log, isOn);
  const tracing = await startTracing(`build-swarm-${role}`);
  if (tracing.on) log("traces: sent as the OTEL_ variables say");
  let ready = false;
  const answers: RoleAnswers = {
    health: () => ({ name, role, ready, version, uptime: Math.round(process.uptime()) }),
    metrics: async () => {
      const [own = "", ofSdk] = await Promise.all([
        registry?.metrics(),
        // The role's own metrics are told without it.
        sdk && fetchText(`${sdk}/metrics`, SDK_LIMITS).catch(() => ""),
      ]);
      return `${own}${ofSdk ?? ""}`;
    },
  };
  const server = isOn && !identity.own ? await serveRole(config, answers, log) : null;
  if (server) {
    await announceAddress(process.env, server.url).catch((error: unknown) =>
      log(`cannot say where its metrics are: ${messageOf(error)}`),
    );
  }
  return {
    ...answers,
    ...{ registry, tracing },
    ready: () => {
      ready = true;
    },
    close: async () => {
      await server?.close();
      await tracing.close().catch((error: unknown) => log(`the last traces were not sent: ${messageOf(error)}`));
    },
  };
}

/** What tells the processes of a role apart: its label in `swarm up`, else host and process. */
function processName(role: string): string {
  const record = process.env[RECORD_VARIABLE];
  return record === undefined ? `${role}-${hostname()}-${process.pid}` : basename(record, ".json");
}
