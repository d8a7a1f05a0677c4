import { readFile, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import type { LoadedConfig } from "../config/load.ts";
import type { SwarmConfig } from "../config/schema.ts";
import { connectionSettings } from "../connection/options.ts";
import { UserError } from "../model/errors.ts";
import { writeFileAtomic } from "../system/atomicFile.ts";
import { packageVersion } from "../system/packageVersion.ts";
import { hostAndPort } from "../system/ports.ts";
import { startTracing } from "../telemetry/tracing.ts";
import { devServerStatus } from "../temporal-dev/server.ts";
import { aborted, type RoleContext } from "../workers/role.ts";
import { GatewayAccess } from "./access.ts";
import { AlertsLook } from "./alertsLook.ts";
import { Forecasts } from "./forecasts.ts";
import { HealthChecks } from "./healthChecks.ts";
import { LIMITS, type Limits } from "./limits.ts";
import { addressFile } from "./local.ts";
import { createGateway } from "./server.ts";
import type { Services } from "./services.ts";
import { SlowReaders } from "./slowReaders.ts";
import { stateOf } from "./state.ts";
import { TokenBook } from "./tokens.ts";
import { Watchers } from "./watchers.ts";

/** A gateway that listens. */
export interface RunningGateway extends AsyncDisposable {
  url: string;
  services: Services;
  close: () => Promise<void>;
}

/** The gateway: shows the swarm to people and programs, and does what they ask. Holds nothing; any number of them. */
export async function runGateway(loaded: LoadedConfig, { signal, log, ready }: RoleContext): Promise<void> {
  // Before the first connection, which would take a command's name.
  await startTracing("build-swarm-gateway");
  const gateway = await startGateway(loaded, log);
  const file = addressFile(loaded.config.swarm.stateDir);
  const address = `${JSON.stringify({ url: gateway.url, pid: process.pid })}\n`;
  try {
    await writeFileAtomic(file, address);
    log(`gateway: listens at ${gateway.url}`);
    ready();
    await aborted(signal);
  } finally {
    await gateway.close();
    // Another one on this machine may have said where it is since.
    if ((await readFile(file, "utf8").catch(() => "")) === address) await rm(file, { force: true });
  }
}

/**
 * Starts a gateway in this process. UserError: its port is in use.
 * @param other limits than the usual ones
 */
export async function startGateway(
  loaded: LoadedConfig,
  log: (line: string) => void,
  other: Partial<Limits> = {},
): Promise<RunningGateway> {
  const { config } = loaded;
  const limits = { ...LIMITS, ...other };
  const slow = new SlowReaders(limits, log);
  const access = new GatewayAccess(loaded);
  const health = new HealthChecks(access, config, engineAddress(config), ({ kind, name, state, reason }) => {
    log(`${kind} ${name} is ${state}${reason === null ? "" : `: ${reason}`}`);
    watchers.touch();
  });
  const webUi = (): string | null => webUiOf(config);
  const alerts = new AlertsLook(
    access,
    () => watchers.isWatched,
    () => watchers.touch(),
  );
  const shown = { config, health, alerts, version: packageVersion(), webUi };
  const watchers = new Watchers(access, (live) => stateOf(shown, live), slow, log);
  const forecasts = new Forecasts(limits);
  const services: Services = { ...shown, access, watchers, forecasts, limits, slow, log };
  const app = await createGateway(services, new TokenBook(config.gateway.tokens, log));
  const close = async (): Promise<void> => {
    alerts.stop();
    forecasts.stop();
    await watchers.stop();
    slow.stop();
    await app.close();
    await health.stop();
    await access.close(health.isEngineWell());
  };
  try {
    await app.listen({ host: config.gateway.listen, port: config.gateway.port, backlog: 4096 });
  } catch (error) {
    await close();
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    const { listen, port } = config.gateway;
    throw new UserError(`port ${port} on ${listen} is in use: set [gateway] port in swarm.toml to a free one`);
  }
  health.start();
  const { port } = app.server.address() as AddressInfo;
  const url = config.gateway.port === 0 ? `http://${hostAndPort(config.gateway.listen, port)}` : config.gateway.url;
  return { url, services, close, [Symbol.asyncDispose]: close };
}

function engineAddress(config: SwarmConfig): string {
  return connectionSettings(config).options.address;
}

/** Asked anew: the dev server may come back at another port. */
function webUiOf(config: SwarmConfig): string | null {
  const { namespace, options } = connectionSettings(config);
  const own = devServerStatus(config.swarm.stateDir);
  const base = config.gateway.webUi ?? (own?.address === options.address ? own.uiUrl : null);
  return base && `${base.replace(/\/+$/, "")}/namespaces/${encodeURIComponent(namespace)}`;
}
