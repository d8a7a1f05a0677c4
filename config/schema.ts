import { z } from "zod";
import type { BuildLimits } from "../model/limits.ts";
import { NAME_RULE } from "../model/names.ts";
import type { TreeSource } from "../model/target.ts";
import { type AlertsConfig, alertsSchema } from "./alerts.ts";
import {
  gibibytes,
  givenGibibytes,
  hookKeys,
  httpUrl,
  httpUrls,
  ipAddress,
  name,
  nameSchema,
  names,
  networks,
  path,
  paths,
  patternGroups,
  patternSchema,
  patterns,
  port,
  portOrOff,
  services,
  someGibibytes,
  text,
  treeName,
  treeSync,
  treeUri,
  trueOrFalse,
  wholeNumber,
} from "./keys.ts";

/** The effective configuration: every default filled in, every path absolute. */
export interface SwarmConfig {
  swarm: { name: string; stateDir: string; cacheDir: string; tokenFile: string };
  /** Handed to @temporalio/envconfig; null: its own default. */
  temporal: { profile: string | null; configFile: string | null };
  /** Port 0: a free one is chosen. */
  devServer: { ip: string; port: number; uiPort: number; database: string };
  orchestrator: { maxCachedWorkflows: number };
  binhost: {
    name: string;
    listen: string;
    port: number;
    /** Without a slash at the end. */
    url: string;
    dir: string;
    keepSnapshots: number;
    lowDiskGib: number;
  };
  build: { noOutputMinutes: number; keepLogsDays: number; logLimitMib: number };
  scheduler: BuildLimits;
  /** Port 0: no metrics. `roles`: addresses of roles on other machines, without a slash at the end. */
  metrics: { listen: string; port: number; roles: string[] };
  gateway: GatewayConfig;
  alerts: AlertsConfig;
  trees: TreeSource[];
  /** Every drone that has a section or that `up` starts; for any name use droneConfig of drones.ts. */
  drones: Record<string, DroneConfig>;
  /** `[drone]`: what a drone without a section has, but for the directory, which is each drone's own. */
  droneDefaults: DroneDefaults;
  up: { orchestrators: number; drones: string[] };
}

export interface GatewayConfig {
  /** Whether `up` starts one. */
  enabled: boolean;
  listen: string;
  port: number;
  /** As people and clients reach it, without a slash at the end. */
  url: string;
  /** Whether everybody may read without a token. */
  anonymous: boolean;
  /** Addresses and networks whose X-Forwarded-For is believed. */
  trustedProxies: string[];
  tokens: string;
  /** Seconds. */
  checkInterval: number;
  /** Temporal's Web UI, where it is not the dev server's; null: that one, if any. */
  webUi: string | null;
  /** Lower priorities go first. */
  orchestrators: ServiceEntry[];
  binhosts: ServiceEntry[];
  hooks: HookConfig[];
}

/** A service that the gateway looks after. */
export interface ServiceEntry {
  name: string;
  /** Without a slash at the end. */
  url: string;
  priority: number;
}

/** What others may start by a signed request. */
export interface HookConfig {
  name: string;
  secretFile: string;
  action: "update";
  target: string;
  /** The only branch or tag whose pushes count; null: any. */
  ref: string | null;
}

export interface DroneDefaults {
  /** Declared cores: what the scheduler counts with. */
  cores: number;
  /** Builds at once. */
  slots: number;
  /** Bound of the real -j. */
  maxJobs: number;
  /** Characters that the path of each build root has. */
  prefixLength: number;
  /** Directories with source archives, only read. */
  distfiles: string[];
  lowDiskGib: number;
  autoReboot: boolean;
  /** Processors that its builds may use together. */
  coresLimit: number;
  /** Memory that its builds may use together. */
  memoryGib: number;
  /** Patterns of packages that it never builds, and of those that it builds at all; none in `only`: any. */
  exclude: string[];
  only: string[];
}

export interface DroneConfig extends DroneDefaults {
  /** The drone's work directory. */
  dir: string;
}

const droneKeys = {
  cores: wholeNumber(1, 4096, "cores", "this machine's", "Cores that the scheduler counts with."),
  slots: wholeNumber(
    1,
    256,
    "builds at once",
    "one for each core, at least 2",
    "Builds at the same time, at most: cores and memory mostly allow fewer.",
  ),
  max_jobs: wholeNumber(1, 4096, "jobs", "this machine's cores", "Bound of the jobs that one build really gets."),
  prefix_length: wholeNumber(24, 240, "characters", "96", "Length of each build root's path, alike on all drones."),
  distfiles: paths("[]", "Directories with source archives that are used without being changed."),
  low_disk_gib: gibibytes("2", "With less free disk than this the drone takes no work."),
  auto_reboot: trueOrFalse("false", "Whether the swarm may reboot the machine."),
  cores_limit: wholeNumber(1, 4096, "cores", "the declared cores", "Cores that the builds may use together."),
  memory_gib: someGibibytes("this machine's, less a reserve", "Memory that the builds may use together."),
  exclude: patterns("[]", "Packages that the drone never builds."),
  only: patterns("[]", "Packages that the drone builds: no others, if any are named."),
};

/** swarm.toml as it is written. Strict at each level; defaults are filled in by defaults.ts. */
export const fileSchema = z.strictObject({
  swarm: z
    .strictObject({
      name: name('"home"', "The swarm's name."),
      state_dir: path('"$XDG_STATE_HOME/build-swarm"', "What must not be lost: database, packages, build roots."),
      cache_dir: path('"$XDG_CACHE_HOME/build-swarm"', "What can be had again: the engine, Portage."),
      token_file: path('"<state_dir>/token"', "File with the token that the roles show to the binhost."),
    })
    .optional(),
  temporal: z
    .strictObject({
      profile: text("Temporal's own", "Profile of Temporal's configuration file."),
      config_file: path("Temporal's own", "Temporal's configuration file."),
    })
    .optional(),
  dev_server: z
    .strictObject({
      ip: ipAddress('"127.0.0.1"', "Address that the development server listens on."),
      port: port(0, "7233", "Port of the development server."),
      ui_port: port(0, "8233", "Port of its Web UI."),
      database: path('"<state_dir>/temporal.db"', "Its database file."),
    })
    .optional(),
  orchestrator: z
    .strictObject({
      max_cached_workflows: wholeNumber(1, 10_000, "workflows", "200", "Workflows kept in memory by one orchestrator."),
    })
    .optional(),
  binhost: z
    .strictObject({
      name: name('"main"', "The binhost's name: first part of its public path and of its task queue."),
      listen: ipAddress('"127.0.0.1"', "Address that it listens on."),
      port: port(1, "8080", "Port that it listens on."),
      url: httpUrl('"http://<listen>:<port>"', "Its address as drones and clients reach it."),
      dir: path('"<state_dir>/binhost"', "Directory of the package store."),
      keep_snapshots: wholeNumber(1, 10_000, "snapshots", "10", "Snapshots of each target that prune keeps."),
      low_disk_gib: gibibytes("2", "With less free disk than this uploads are refused."),
    })
    .optional(),
  build: z
    .strictObject({
      no_output_minutes: wholeNumber(1, 10_080, "minutes", "60", "A build without any output for so long is ended."),
      keep_logs_days: wholeNumber(1, 3650, "days", "30", "Build logs older than this are removed."),
      log_limit_mib: wholeNumber(
        1,
        1024,
        "MiB",
        "16",
        "Of a longer build log the binhost keeps the beginning and the end, half of this each; its drone 8 MiB more.",
      ),
    })
    .optional(),
  scheduler: z
    .strictObject({
      exclusive: patternGroups("[]", "Groups of packages of which no two are built on one drone at the same time."),
      memory: z
        .array(
          z.strictObject({
            packages: patternSchema.meta({ purpose: "Packages whose builds need more memory than others." }),
            gib: givenGibibytes,
          }),
        )
        .optional(),
      speculate: trueOrFalse(
        "false",
        "Whether the build that holds a run up gets a second one elsewhere, the first to end counting.",
      ),
    })
    .optional(),
  metrics: z
    .strictObject({
      listen: ipAddress('"127.0.0.1"', "Address at which each role tells its metrics and its health."),
      port: portOrOff("9464", "First port for that: each role of a machine takes the first free one from here on."),
      roles: httpUrls("[]", "Roles on other machines whose metrics the gateway passes on."),
    })
    .optional(),
  gateway: z
    .strictObject({
      enabled: trueOrFalse("true", "Whether `swarm up` starts one."),
      listen: ipAddress('"127.0.0.1"', "Address that the gateway listens on."),
      port: port(0, "8090", "Port of the gateway."),
      url: httpUrl('"http://<listen>:<port>"', "Its address as people and clients reach it."),
      anonymous: trueOrFalse("false", "Whether everybody who reaches it may read without a token."),
      trusted_proxies: networks("[]", "Proxies that are believed for whom they ask."),
      tokens: path('"<state_dir>/gateway-tokens.json"', "File with the hashed tokens of those who may use it."),
      check_interval: wholeNumber(1, 3600, "seconds", "30", "How often it looks whether a service is well."),
      web_ui: httpUrl("that of the development server", "Temporal's Web UI, for links."),
      orchestrators: services("Orchestrators whose health it looks after."),
      binhosts: services("Binhosts that it sends clients to."),
      hook: z.array(z.strictObject(hookKeys)).optional(),
    })
    .optional(),
  alerts: alertsSchema.optional(),
  tree: z.array(z.strictObject({ name: treeName, sync: treeSync, uri: treeUri })).optional(),
  drone: z.strictObject(droneKeys).optional(),
  drones: z
    .record(nameSchema, z.strictObject({ ...droneKeys, dir: path('"<state_dir>/drones/<name>"', "Its directory.") }))
    .optional()
    .meta({ purpose: "Drones by name.", must: `a name (${NAME_RULE})`, default: "" }),
  up: z
    .strictObject({
      orchestrators: wholeNumber(1, 64, "processes", "2", "Orchestrators that `swarm up` starts."),
      drones: names("all of [drones.*], else one with this host's name", "Drones that `swarm up` starts."),
    })
    .optional(),
});

export type ConfigFile = z.infer<typeof fileSchema>;
