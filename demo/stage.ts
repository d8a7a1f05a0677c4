import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { loadConfig } from "../config/load.ts";
import type { SwarmConfig } from "../config/schema.ts";
import { UserError } from "../model/errors.ts";
import { commandEntry } from "../system/commandEntry.ts";
import { freePort, isPortFree } from "../system/ports.ts";
import type { Screen } from "./screen.ts";

/** The demo's drones and the cores that they declare; their jobs are bounded by the machine's own. */
export const DRONES = { izar: 16, tarn: 14, unra: 24, ceti: 8 } as const;

const LOCAL = "127.0.0.1";
/** Below a drone's directory: `roots/` and the name of a build root. Longer paths would not fit into prefix_length. */
const ROOT_ROOM = 48;

/** Everything that the demo has on this machine: a directory, a swarm's configuration in it, the command. */
export interface Stage {
  directory: string;
  configFile: string;
  config: SwarmConfig;
  /** Paths that the demo's material goes to. */
  treeDir: string;
  distfilesDir: string;
  targetDir: string;
  /** Directory of the client's root. */
  clientDir: string;
  prefixLength: number;
  env: NodeJS.ProcessEnv;
}

/** The person's environment without what would lead the command to another swarm or engine. */
function ownEnvironment(directory: string, configFile: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(TEMPORAL|SWARM)_/.test(name));
  return {
    ...Object.fromEntries(kept),
    SWARM_CONFIG: configFile,
    // Not the person's own: its default profile may name a cluster.
    TEMPORAL_CONFIG_FILE: join(directory, "temporal.toml"),
  };
}

async function portOr(wanted: number, other: () => Promise<number> | number): Promise<number> {
  return (await isPortFree(LOCAL, wanted)) ? wanted : other();
}

/** Makes the demo's private directory with the configuration of its swarm. */
export async function setStage(): Promise<Stage> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "swarm-demo-")));
  const configFile = join(directory, "swarm.toml");
  const longest = join(directory, "state/drones/izar").length + ROOT_ROOM;
  const prefixLength = Math.max(96, longest);
  const distfilesDir = join(directory, "distfiles");
  const treeDir = join(directory, "tree");
  const drones = Object.entries(DRONES).map(([name, cores]) => `[drones.${name}]\ncores = ${cores}\n`);
  const text = `# The demo's swarm.
[swarm]
name = "demo"
state_dir = "state"

[dev_server]
port = ${await portOr(7233, () => 0)}
ui_port = ${await portOr(8233, () => 0)}

[binhost]
port = ${await portOr(8080, () => freePort(LOCAL))}

[gateway]
port = ${await portOr(8090, () => 0)}

[[tree]]
name = "demo"
sync = "directory"
uri = ${JSON.stringify(treeDir)}

[drone]
distfiles = [${JSON.stringify(distfilesDir)}]
prefix_length = ${prefixLength}

${drones.join("\n")}
[up]
orchestrators = 2
`;
  await mkdir(join(directory, "state"));
  await writeFile(configFile, text);
  await writeFile(join(directory, "temporal.toml"), "[profile.default]\n");
  const env = ownEnvironment(directory, configFile);
  const { config } = await loadConfig({ path: configFile, env, cwd: directory });
  return {
    directory,
    configFile,
    config,
    treeDir,
    distfilesDir,
    targetDir: join(directory, "desktop"),
    clientDir: join(directory, "client"),
    prefixLength,
    env,
  };
}

/** Stops what runs and removes the directory. May be repeated. */
export async function clearStage(stage: Stage, screen: Screen): Promise<void> {
  screen.command("swarm down");
  // Detached: a Ctrl-C in the terminal must not reach it, or it would leave processes behind.
  const down = await execa(process.execPath, [commandEntry(), "down"], {
    env: stage.env,
    extendEnv: false,
    detached: true,
    cleanup: false,
    stdin: "ignore",
    all: true,
    reject: false,
  });
  if (down.exitCode !== 0) {
    throw new UserError(
      `swarm down failed; its files stay in ${stage.directory}:\n${down.all}\nTry again: swarm --config ${stage.configFile} down`,
    );
  }
  await rm(stage.directory, { recursive: true, force: true, maxRetries: 5 });
}
