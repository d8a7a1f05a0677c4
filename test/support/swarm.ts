import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { QueryDefinition } from "@temporalio/common";
import { execa } from "execa";
import { until } from "../../bench/noop/swarm.ts";
import { loadConfig } from "../../config/load.ts";
import type { DroneConfig, SwarmConfig } from "../../config/schema.ts";
import { connectClient } from "../../connection/client.ts";
import type { PackageView, RunStep, RunView } from "../../model/run.ts";
import { rootPath } from "../../portage/buildRoot.ts";
import { type ClientRoot, createClientRoot } from "../../portage/client.ts";
import { readTargetDirectory } from "../../portage/targetDirectory.ts";
import { packageRoot } from "../../system/packageRoot.ts";
import { freePort } from "../../system/ports.ts";
import { endProcesses, processesIn } from "../../system/processes.ts";
import type { ProcessIdentity } from "../../system/processIdentity.ts";
import { devServerStatus } from "../../temporal-dev/server.ts";
import { listSwarm } from "../../workers/compose.ts";
import { packagesQuery, runQuery, worldUpdateId } from "../../workflows/messages.ts";
import { commandEnv, type Ended } from "./command.ts";
import { testPortage } from "./portage.ts";
import { gateOf, packageSigns, type SwarmPackage, treePackage } from "./swarmPackages.ts";
import { makeTree } from "./tree.ts";

export const TARGET = "desktop";
const TREE = "test";
/** The compiled command, as people have it. */
const MAIN = join(packageRoot(), "dist/cli/main.js");
/** A run on a busy machine takes its time. ms */
const PATIENCE_MS = 180_000;
/** For tests with a swarm: `vi.setConfig(LONG)`. ms */
export const LONG = { testTimeout: 2 * PATIENCE_MS, hookTimeout: 2 * PATIENCE_MS };
/** What a drone puts below its directory before a build root's own name, and that name. characters */
const ROOT_ROOM = "/state/drones/".length + "/roots/".length + 12 + 16;

export interface SwarmOptions {
  drones: Record<string, Pick<DroneConfig, "cores" | "slots">>;
  packages: SwarmPackage[];
  /** Atoms of the target's world. */
  world: string[];
  /** Files of the target below etc/portage. */
  files?: Record<string, string>;
  orchestrators?: number;
  /** Rewrites the configuration file before anything starts. */
  change?: (toml: string) => string;
}

/** Starts a swarm with real roles, a tree and a target of its own: `await using swarm = await startSwarm(...)`. */
export async function startSwarm(options: SwarmOptions): Promise<Swarm> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "swarm-e2e-")));
  const configFile = join(directory, "swarm.toml");
  const toml = await configuration(directory, options);
  await writeFile(join(directory, "temporal.toml"), "[profile.default]\n");
  await writeFile(configFile, options.change?.(toml) ?? toml);
  const { config } = await loadConfig({ path: configFile, env: {}, cwd: directory });
  const swarm = new Swarm(directory, configFile, config);
  try {
    await mkdir(config.swarm.stateDir);
    await mkdir(packageSigns(directory).gates);
    await swarm.putTree(options.packages);
    await swarm.up();
    await swarm.putTarget(options.world, options.files);
    return swarm;
  } catch (error) {
    await swarm.stop();
    throw error;
  }
}

async function configuration(directory: string, { drones, orchestrators = 2 }: SwarmOptions): Promise<string> {
  const names = Object.keys(drones);
  const longest = Math.max(0, ...names.map((name) => name.length));
  const sections = Object.entries(drones).map(
    ([name, { cores, slots }]) => `[drones.${name}]\ncores = ${cores}\nslots = ${slots}\n`,
  );
  return `[swarm]
state_dir = "state"
[temporal]
config_file = "temporal.toml"
[dev_server]
port = 0
ui_port = 0
[binhost]
port = ${await freePort("127.0.0.1")}
low_disk_gib = 0
[gateway]
port = 0
[[tree]]
name = "${TREE}"
sync = "directory"
uri = "tree"
[drone]
distfiles = ["distfiles"]
low_disk_gib = 0
prefix_length = ${Math.max(96, directory.length + ROOT_ROOM + longest)}
${sections.join("")}[up]
orchestrators = ${orchestrators}
drones = ${JSON.stringify(names)}
`;
}

/** A swarm of real processes in a private directory. */
export class Swarm {
  readonly directory: string;
  readonly configFile: string;
  readonly config: SwarmConfig;

  constructor(directory: string, configFile: string, config: SwarmConfig) {
    this.directory = directory;
    this.configFile = configFile;
    this.config = config;
  }

  /** Runs `swarm` with this swarm's configuration. */
  async cli(...args: string[]): Promise<Ended> {
    return await this.#run(args);
  }

  async #run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const { exitCode, stdout, stderr } = await execa(process.execPath, [MAIN, ...args], {
      env: { ...commandEnv(), SWARM_CONFIG: this.configFile, ...env },
      extendEnv: false,
      cwd: this.directory,
      reject: false,
      stdin: "ignore",
    });
    return { code: exitCode, stdout, stderr };
  }

  /** Runs a command that must end well; returns what it printed. */
  async do(...args: string[]): Promise<string> {
    return mustEndWell(args, await this.cli(...args));
  }

  /** Starts what does not run of the swarm; `env` is added to what it starts. */
  async up(env: NodeJS.ProcessEnv = {}): Promise<void> {
    mustEndWell(["up"], await this.#run(["up"], env));
  }

  /** Replaces the tree; what is left out is gone, unless told to `keep` it. */
  async putTree(packages: readonly SwarmPackage[], { keep = false } = {}): Promise<void> {
    if (!keep) await rm(join(this.directory, "tree"), { recursive: true, force: true });
    const signs = packageSigns(this.directory);
    await makeTree(
      this.directory,
      packages.map((each) => treePackage(each, signs)),
      { name: TREE },
    );
  }

  /** Gives the target another world and configuration. */
  async putTarget(world: readonly string[], files: Record<string, string> = {}): Promise<void> {
    const target = join(this.directory, TARGET);
    await rm(target, { recursive: true, force: true });
    const all: Record<string, string> = {
      profile: `${TREE}:default\n`,
      world: world.map((atom) => `${atom}\n`).join(""),
      "portage/make.conf": 'CFLAGS="-O1"\nGENTOO_MIRRORS=""\n',
    };
    for (const [path, text] of Object.entries(files)) all[`portage/${path}`] = text;
    for (const [path, text] of Object.entries(all)) {
      await mkdir(dirname(join(target, path)), { recursive: true });
      await writeFile(join(target, path), text);
    }
    await this.do("target", "put", target);
  }

  /** Starts a run and returns its id. */
  async startRun(...options: string[]): Promise<string> {
    const started: unknown = JSON.parse(await this.do("run-update", "--detach", "--json", ...options));
    if (typeof started === "object" && started && "run" in started) return String(started.run);
    throw new Error(`run-update said ${JSON.stringify(started)}`);
  }

  /** The target's last run as the engine answers. */
  async view(): Promise<RunView> {
    return await this.#query(runQuery);
  }

  async packages(): Promise<PackageView[]> {
    return await this.#query(packagesQuery);
  }

  async package(cpv: string): Promise<PackageView> {
    const found = (await this.packages()).find((each) => each.cpv === cpv);
    if (!found) throw new Error(`${cpv} is not in the run`);
    return found;
  }

  /** Waits until a run is at a step; another end of it is an error at once. An engine that is away is waited for. */
  async reaches(step: RunStep, ms = PATIENCE_MS): Promise<RunView> {
    const view = await this.until(
      `the step ${step}`,
      async () => {
        const now = await this.view().catch(() => null);
        return now && (now.step === step || now.endedAt !== null) && now;
      },
      ms,
    );
    if (view.step !== step) throw new Error(`the run ended as ${view.step}: ${view.reason}`);
    return view;
  }

  /** Polls a condition until it holds. */
  async until<T>(what: string, condition: () => Promise<T | null | undefined | false>, ms = PATIENCE_MS): Promise<T> {
    return await until(what, condition, { ms });
  }

  /** The drone that compiles a package now, when its own src_compile has begun for the n-th time. */
  async compiling(cpv: string, times = 1): Promise<string> {
    await this.until(`${cpv} compiles`, async () => (await this.compilations(cpv)) >= times);
    const drone = (await this.package(cpv)).attempts.at(-1)?.drone;
    if (!drone) throw new Error(`${cpv} compiles, and no drone has it`);
    return drone;
  }

  /** How often a package was really compiled, by its ebuild's own count. */
  async compilations(cpv: string): Promise<number> {
    return (await this.compiled()).filter((each) => each === cpv).length;
  }

  /** The CPV of each compilation that began, in order. */
  async compiled(): Promise<string[]> {
    const text = await readFile(packageSigns(this.directory).compiled, "utf8").catch(() => "");
    return text.split("\n").slice(0, -1);
  }

  /** How many attempts at a package the engine has seen in a run: workflows of it. */
  async attemptsInEngine(run: string, cpv: string): Promise<number> {
    const client = await connectClient(this.config);
    try {
      const query = `WorkflowType = "buildPackage" AND SwarmRun = "${run}" AND SwarmPackage = "${cpv}"`;
      return (await client.workflow.count(query)).count;
    } finally {
      await client.connection.close();
    }
  }

  /** Lets held packages end their compilation, now and whenever they are built again. */
  async release(...cpvs: string[]): Promise<void> {
    for (const cpv of cpvs) await writeFile(join(packageSigns(this.directory).gates, gateOf(cpv)), "");
  }

  /** Pid of a role that runs: `orchestrator-1`, `binhost`, `drone-izar`, `dev-server`. */
  async pid(role: string): Promise<number> {
    const { stateDir } = this.config.swarm;
    if (role === "dev-server") {
      const server = devServerStatus(stateDir);
      if (server) return server.pid;
    }
    const found = (await listSwarm(stateDir)).find((each) => each.role === role);
    if (!found || found.state === "dead") throw new Error(`${role} does not run`);
    return found.pid;
  }

  /** Kills a role's process, and it alone; or sends it another signal. */
  async kill(role: string, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    process.kill(await this.pid(role), signal);
  }

  /** Kills a drone and everything that it builds, as a power cut would. */
  async killMachine(drone: string): Promise<void> {
    await this.kill(`drone-${drone}`);
    for (let left = this.builds(drone); left.length > 0; left = this.builds(drone)) {
      for (const { pid } of left) killIfThere(pid);
    }
  }

  /** Processes of a drone's builds. */
  builds(drone: string): ProcessIdentity[] {
    const dir = this.droneDir(drone);
    return processesIn([join(dir, "roots"), join(dir, "attempts")]);
  }

  droneDir(drone: string): string {
    const { dir } = this.config.drones[drone] ?? {};
    if (dir === undefined) throw new Error(`no drone ${drone} in this swarm`);
    return dir;
  }

  /** A new client of the target: a machine without any package. */
  async client(name = "client"): Promise<ClientRoot> {
    const { binhost } = this.config;
    const { prefixLength } = this.config.droneDefaults;
    return await createClientRoot({
      path: rootPath(join(this.directory, name), TARGET, prefixLength),
      portage: await testPortage(),
      bundle: await readTargetDirectory(join(this.directory, TARGET), TARGET),
      trees: { [TREE]: join(this.directory, "tree") },
      binhostUrl: `${binhost.url}/${binhost.name}/${TARGET}`,
    });
  }

  /** Stops everything and removes the directory. Throws where `swarm down` had left something. */
  async stop(): Promise<void> {
    if (!existsSync(this.directory)) return;
    const down = await this.cli("down");
    const left = processesIn([this.directory]);
    await endProcesses(null, [this.directory]);
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
    mustEndWell(["down"], down);
    if (left.length > 0) throw new Error(`swarm down left processes: ${left.map(({ pid }) => pid).join(", ")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #query<T>(query: QueryDefinition<T>): Promise<T> {
    const client = await connectClient(this.config);
    try {
      return await client.workflow.getHandle(worldUpdateId(TARGET)).query(query);
    } finally {
      await client.connection.close();
    }
  }
}

function mustEndWell(args: readonly string[], { code, stdout, stderr }: Ended): string {
  if (code !== 0) throw new Error(`swarm ${args.join(" ")}: exit code ${code}\n${stdout}\n${stderr}`);
  return stdout;
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has gone meanwhile.
  }
}

/** What a program on a client prints. */
export async function outputOf(client: ClientRoot, program: string): Promise<string> {
  const { stdout } = await execa(join(client.path, "usr/bin", program), [], { env: client.env, extendEnv: false });
  return stdout;
}
