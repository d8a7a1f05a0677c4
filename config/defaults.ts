import { availableParallelism, homedir, hostname, totalmem } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { isName } from "../model/names.ts";
import { resolveAlerts } from "./alerts.ts";
import type { ConfigFile, DroneConfig, DroneDefaults, GatewayConfig, ServiceEntry, SwarmConfig } from "./schema.ts";

/** What defaults and paths depend on besides the file. */
export interface Surroundings {
  home: string;
  stateHome: string;
  cacheHome: string;
  /** Directory that relative paths begin at: the file's. */
  base: string;
  cores: number;
  memoryGib: number;
  hostName: string;
}

/** The surroundings of this process. A relative XDG directory is ignored, as its specification demands. */
export function surroundingsOf(env: NodeJS.ProcessEnv, base: string): Surroundings {
  const home = env.HOME || homedir();
  const xdg = (value: string | undefined, fallback: string) => (value && isAbsolute(value) ? value : fallback);
  return {
    home,
    stateHome: xdg(env.XDG_STATE_HOME, join(home, ".local/state")),
    cacheHome: xdg(env.XDG_CACHE_HOME, join(home, ".cache")),
    base,
    cores: availableParallelism(),
    memoryGib: totalmem() / 2 ** 30,
    hostName: hostname(),
  };
}

/** This host's name made fit to name a drone: the first label, lower case. */
function hostDroneName(hostName: string): string {
  const label = hostName.toLowerCase().split(".")[0] ?? "";
  const fit = label.replace(/[^a-z0-9-]/g, "-").replace(/^-+/, "");
  return isName(fit) ? fit : "drone";
}

function expandPath(path: string, around: Surroundings): string {
  if (path === "~") return around.home;
  return path.startsWith("~/") ? join(around.home, path.slice(2)) : resolve(around.base, path);
}

/** A git address stays as it is; what can only be a path is made absolute. */
function treeUri(tree: { sync: string; uri: string }, around: Surroundings): string {
  // As git tells them apart: an address has a colon before its first slash.
  const isPath = tree.sync === "directory" || (tree.sync === "git" && !/^[^/]*:/.test(tree.uri));
  return isPath ? expandPath(tree.uri, around) : tree.uri;
}

/** Clients cannot connect to "all addresses": there the host's name is told. */
function defaultUrl(listen: string, port: number, hostName: string): string {
  const host = listen === "0.0.0.0" || listen === "::" ? hostName : listen;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Memory that is left to the machine itself: an eighth, at most 4 GiB. */
function reserveOf(memoryGib: number): number {
  return Math.min(4, memoryGib / 8);
}

type DroneSection = NonNullable<ConfigFile["drone"]>;

function resolveDrone(own: DroneSection, shared: DroneSection, around: Surroundings): DroneDefaults {
  const cores = own.cores ?? shared.cores ?? around.cores;
  return {
    cores,
    slots: own.slots ?? shared.slots ?? Math.max(2, cores),
    maxJobs: own.max_jobs ?? shared.max_jobs ?? around.cores,
    prefixLength: own.prefix_length ?? shared.prefix_length ?? 96,
    distfiles: (own.distfiles ?? shared.distfiles ?? []).map((path) => expandPath(path, around)),
    lowDiskGib: own.low_disk_gib ?? shared.low_disk_gib ?? 2,
    coresLimit: own.cores_limit ?? shared.cores_limit ?? cores,
    memoryGib: own.memory_gib ?? shared.memory_gib ?? around.memoryGib - reserveOf(around.memoryGib),
    exclude: own.exclude ?? shared.exclude ?? [],
    only: own.only ?? shared.only ?? [],
    autoReboot: own.auto_reboot ?? shared.auto_reboot ?? false,
  };
}

function resolveGateway(
  file: NonNullable<ConfigFile["gateway"]>,
  stateDir: string,
  around: Surroundings,
): GatewayConfig {
  const listen = file.listen ?? "127.0.0.1";
  const port = file.port ?? 8090;
  const trimmed = (url: string): string => url.replace(/\/+$/, "");
  const byPriority = (entries: NonNullable<typeof file.binhosts> = []): ServiceEntry[] =>
    entries
      .map(({ name, url, priority = 100 }) => ({ name, url: trimmed(url), priority }))
      .sort((a, b) => a.priority - b.priority);
  return {
    enabled: file.enabled ?? true,
    listen,
    port,
    url: trimmed(file.url ?? defaultUrl(listen, port, around.hostName)),
    anonymous: file.anonymous ?? false,
    trustedProxies: file.trusted_proxies ?? [],
    tokens: file.tokens === undefined ? join(stateDir, "gateway-tokens.json") : expandPath(file.tokens, around),
    checkInterval: file.check_interval ?? 30,
    webUi: file.web_ui === undefined ? null : trimmed(file.web_ui),
    orchestrators: byPriority(file.orchestrators),
    binhosts: byPriority(file.binhosts),
    hooks: (file.hook ?? []).map(({ secret_file, ref = null, ...hook }) => ({
      ...hook,
      ref,
      secretFile: expandPath(secret_file, around),
    })),
  };
}

/** The effective configuration of a file that is valid. */
export function resolveConfig(file: ConfigFile, around: Surroundings): SwarmConfig {
  const pathOr = (path: string | undefined, fallback: string) =>
    path === undefined ? fallback : expandPath(path, around);
  const stateDir = pathOr(file.swarm?.state_dir, join(around.stateHome, "build-swarm"));
  const listen = file.binhost?.listen ?? "127.0.0.1";
  const port = file.binhost?.port ?? 8080;
  const sections = file.drones ?? {};
  const listed = Object.keys(sections);
  const upDrones = file.up?.drones ?? (listed.length > 0 ? listed : [hostDroneName(around.hostName)]);
  const drones: Record<string, DroneConfig> = {};
  for (const name of new Set([...listed, ...upDrones])) {
    // hasOwn: a drone may be called "constructor".
    const { dir, ...own } = (Object.hasOwn(sections, name) ? sections[name] : undefined) ?? {};
    drones[name] = {
      ...resolveDrone(own, file.drone ?? {}, around),
      dir: pathOr(dir, join(stateDir, "drones", name)),
    };
  }
  return {
    swarm: {
      name: file.swarm?.name ?? "home",
      stateDir,
      cacheDir: pathOr(file.swarm?.cache_dir, join(around.cacheHome, "build-swarm")),
      tokenFile: pathOr(file.swarm?.token_file, join(stateDir, "token")),
    },
    temporal: {
      profile: file.temporal?.profile ?? null,
      configFile: file.temporal?.config_file === undefined ? null : expandPath(file.temporal.config_file, around),
    },
    devServer: {
      ip: file.dev_server?.ip ?? "127.0.0.1",
      port: file.dev_server?.port ?? 7233,
      uiPort: file.dev_server?.ui_port ?? 8233,
      database: pathOr(file.dev_server?.database, join(stateDir, "temporal.db")),
    },
    orchestrator: { maxCachedWorkflows: file.orchestrator?.max_cached_workflows ?? 200 },
    binhost: {
      name: file.binhost?.name ?? "main",
      listen,
      port,
      url: (file.binhost?.url ?? defaultUrl(listen, port, around.hostName)).replace(/\/+$/, ""),
      dir: pathOr(file.binhost?.dir, join(stateDir, "binhost")),
      keepSnapshots: file.binhost?.keep_snapshots ?? 10,
      lowDiskGib: file.binhost?.low_disk_gib ?? 2,
    },
    build: {
      noOutputMinutes: file.build?.no_output_minutes ?? 60,
      keepLogsDays: file.build?.keep_logs_days ?? 30,
      logLimitMib: file.build?.log_limit_mib ?? 16,
    },
    scheduler: {
      exclusive: file.scheduler?.exclusive ?? [],
      memory: file.scheduler?.memory ?? [],
      speculate: file.scheduler?.speculate ?? false,
    },
    metrics: {
      listen: file.metrics?.listen ?? "127.0.0.1",
      port: file.metrics?.port ?? 9464,
      roles: (file.metrics?.roles ?? []).map((url) => url.replace(/\/+$/, "")),
    },
    gateway: resolveGateway(file.gateway ?? {}, stateDir, around),
    alerts: resolveAlerts(file.alerts ?? {}, (path) => (path === undefined ? null : expandPath(path, around))),
    trees: (file.tree ?? []).map((tree) => ({ ...tree, uri: treeUri(tree, around) })),
    drones,
    droneDefaults: resolveDrone({}, file.drone ?? {}, around),
    up: { orchestrators: file.up?.orchestrators ?? 2, drones: [...new Set(upDrones)] },
  };
}
