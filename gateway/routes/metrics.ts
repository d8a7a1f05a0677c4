import { hostname } from "node:os";
import { Registry } from "prom-client";
import { within } from "../../system/within.ts";
import { EXPOSITION_TYPE } from "../../telemetry/exposition.ts";
import { mergedMetrics } from "../../telemetry/merge.ts";
import { roleRegistry } from "../../telemetry/processMetrics.ts";
import { gatewayMetrics } from "../../telemetry/readModelMetrics.ts";
import { roleAddresses } from "../../workers/roleRecords.ts";
import type { Api } from "../api.ts";
import { binhostsOf } from "../healthChecks.ts";
import type { Services } from "../services.ts";

/** An answer that takes longer is left out: Prometheus itself waits ten seconds. ms */
const ALERTS_WITHIN_MS = 2_000;

/** What Prometheus reads: what the gateway knows, and the metrics of all roles that it finds. */
export async function metricsRoute(app: Api, services: Services): Promise<void> {
  const { config, watchers, version } = services;
  if (config.metrics.port === 0) return;
  const ofProcess = roleRegistry({ role: "gateway", name: `gateway-${hostname()}-${process.pid}`, version });
  const swarm = new Registry();
  const { observe } = gatewayMetrics(swarm);
  app.get(
    "/metrics",
    { config: { demand: "read", cost: "asking" }, schema: { hide: true } },
    async (_request, reply) => {
      const [[shown, ...lives], alerts] = await Promise.all([
        watchers.glance().catch(() => []),
        within(services.alerts.read(), ALERTS_WITHIN_MS).catch(() => null),
      ]);
      const others = lives.flatMap(({ reading: { run }, packages }) => (run ? [{ run, packages }] : []));
      observe(shown ? { ...shown, others, alerts: alerts?.active ?? null } : null);
      const local = await roleAddresses(config.swarm.stateDir);
      const elsewhere = [...config.metrics.roles, ...config.gateway.orchestrators.map(({ url }) => url)];
      const alive = local.flatMap(({ url, isAlive }) => (isAlive ? [url] : []));
      const ended = local.flatMap(({ url, isAlive }) => (isAlive ? [] : [url]));
      const roles = [...alive, ...elsewhere, ...binhostsOf(config).map(({ url }) => url)];
      const own = await Promise.all([ofProcess, swarm, services.access.metrics].map((each) => each.metrics()));
      return reply.type(EXPOSITION_TYPE).send((await mergedMetrics({ own, roles, ended })) as never);
    },
  );
}
