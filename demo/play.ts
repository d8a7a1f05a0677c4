import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { connectClient } from "../connection/client.ts";
import type { PackageView, RunView } from "../model/run.ts";
import { rootPath } from "../portage/buildRoot.ts";
import { type ClientRoot, clientPlan, createClientRoot, updateClient } from "../portage/client.ts";
import { ensurePortage, type PortageInstallation } from "../portage/install.ts";
import { readTargetDirectory } from "../portage/targetDirectory.ts";
import { SnapshotDiffSchema } from "../store/wire.ts";
import { ensureTemporal } from "../temporal-dev/find.ts";
import { devServerStatus } from "../temporal-dev/server.ts";
import { listSwarm } from "../workers/compose.ts";
import { packagesQuery, runQuery, worldUpdateId } from "../workflows/messages.ts";
import { check, checkBuilt, checkSame, newIn } from "./checks.ts";
import { makeDemoClient } from "./client.ts";
import { BUILD_ONLY, EXPECTED_BUILDS, OLDER_PACKAGES } from "./expected.ts";
import { type DemoState, makeDemoTarget, makeDemoTree } from "./material.ts";
import type { Screen } from "./screen.ts";
import { DRONES, type Stage } from "./stage.ts";
import { Typing } from "./typing.ts";

const TARGET = "desktop";
const POLL_MS = 300;
/** Lines of a program's output that are shown whole. */
const SHORT = 4;

/** The demo from its first step to its last; throws where something is not as it should be. */
export async function play(stage: Stage, screen: Screen, signal: AbortSignal): Promise<void> {
  const demo = new Play(stage, screen, signal);
  const portage = await screen.part("1. Temporal and Portage", () => demo.bring());
  await screen.part("2. start of the swarm", () => demo.startSwarm());
  const client = await screen.part("3. target, and a client with older versions", () => demo.prepare(portage));
  await screen.part("4./5. first update, an orchestrator killed", () => demo.firstUpdate());
  await screen.part("6. publish, update of the client", () => demo.publish(client));
  screen.line();
  screen.table();
  screen.line(`  Web UI: ${devServerStatus(stage.config.swarm.stateDir)?.uiUrl ?? "gone"}`);
  await screen.part("7. second update, rolled back and forward", () => demo.secondUpdate(client, portage));
}

class Play {
  readonly #stage: Stage;
  readonly #screen: Screen;
  readonly #signal: AbortSignal;
  readonly #type: Typing;

  constructor(stage: Stage, screen: Screen, signal: AbortSignal) {
    this.#stage = stage;
    this.#screen = screen;
    this.#signal = signal;
    this.#type = new Typing(stage, screen, signal);
  }

  /** Step 1. */
  async bring(): Promise<PortageInstallation> {
    const { config, env } = this.#stage;
    const { cacheDir } = config.swarm;
    this.#screen.heading("1. A Temporal server and Portage, where the machine has none");
    const onProgress = (line: string): void => {
      if (!this.#signal.aborted) this.#screen.remark(line);
    };
    const binary = await ensureTemporal({ cacheDir, env, onProgress });
    this.#signal.throwIfAborted();
    this.#screen.good(`temporal: ${binary}`);
    const portage = await ensurePortage({ cacheDir, env, onProgress });
    this.#signal.throwIfAborted();
    this.#screen.good(`Portage ${portage.version}: ${portage.bin}`);
    return portage;
  }

  /** Step 2. */
  async startSwarm(): Promise<void> {
    const drones = Object.entries(DRONES).map(([name, cores]) => `${name} (${cores})`);
    this.#screen.heading(`2. A swarm on this machine: drones ${drones.join(", ")}`);
    this.#screen.remark("the cores are declared; the real jobs are bounded by this machine's own");
    this.#screen.command(`export SWARM_CONFIG=${this.#stage.configFile}`);
    await this.#type.swarm("up");
  }

  /** Step 3. */
  async prepare(portage: PortageInstallation): Promise<ClientRoot> {
    this.#screen.heading("3. The target, and a client that was not updated for a while");
    await this.#putState("first");
    const client = await makeDemoClient(await this.#clientOptions(portage));
    this.#screen.remark(`the client: ${client.path}`);
    for (const cpv of OLDER_PACKAGES) this.#screen.remark(`  has ${cpv}`);
    await this.#expectOutput(client, ["fieldnotes", "--version"], "fieldnotes 1.1, libstrand 1.3");
    return client;
  }

  /** Steps 4 and 5. */
  async firstUpdate(): Promise<void> {
    this.#screen.heading("4. The world update: real packages, compiled by emerge on the drones");
    const update = this.#type.swarmByLine("run-update");
    // Awaited below; without this a failure before would be nobody's.
    update.catch(() => {});
    await this.#killHalfWay(update);
    await update;
    await this.#checkRun("first");
    await this.#type.swarm("up");
  }

  /** Step 6. */
  async publish(client: ClientRoot): Promise<void> {
    this.#screen.heading("6. Publish, and update the client over HTTP");
    await this.#type.swarm("status");
    await this.#type.swarm("finalize");
    await this.#updateClient(
      client,
      EXPECTED_BUILDS.first.filter((cpv) => !BUILD_ONLY.includes(cpv)),
    );
    await this.#expectOutput(client, ["fieldnotes", "--version"], "fieldnotes 1.2", "libgrid 1.0");
    await this.#expectOutput(client, ["sealcheck", "--self-test"], "castagnoli   e3069283 ok");
  }

  /** Step 7. */
  async secondUpdate(client: ClientRoot, portage: PortageInstallation): Promise<void> {
    const screen = this.#screen;
    screen.heading("7. The tree moves on: a version, a USE flag, a library's new sub-slot");
    await this.#putState("next");
    await this.#type.swarmByLine("run-update");
    await this.#checkRun("next");
    await this.#type.swarm("finalize");
    await this.#type.swarm("snapshots", "diff");
    const diff = SnapshotDiffSchema.parse(await this.#type.ask("snapshots", "diff"));
    checkSame("difference of the snapshots", newIn(diff), EXPECTED_BUILDS.next);
    const next = await createClientRoot(await this.#clientOptions(portage));
    await this.#updateClient(next, EXPECTED_BUILDS.next);
    await this.#expectOutput(client, ["fieldnotes", "--version"], "libgrid 1.1");
    await this.#expectOutput(client, ["drawerctl", "--version"], "drawerctl 2.1 +json");
    await this.#rollBackAndForward(next, diff.to);
  }

  async #rollBackAndForward(client: ClientRoot, newest: string): Promise<void> {
    await this.#type.swarm("snapshots", "rollback");
    const back = await clientPlan(client, { signal: this.#signal });
    checkSame("packages that a client does not find after the rollback", back.source, EXPECTED_BUILDS.next);
    this.#screen.good(`a client does not get the ${back.source.length} packages of the second update any more`);
    await this.#type.swarm("snapshots", "rollback", newest);
    const forward = await clientPlan(client, { signal: this.#signal });
    checkSame("packages that a client does not find after going forward", forward.source, []);
    this.#screen.good(`a client gets all ${forward.binary.length} packages of its world as binaries again`);
  }

  /** Makes tree and target of a state, and gives the target to the binhost. */
  async #putState(from: DemoState): Promise<void> {
    const { treeDir, distfilesDir, targetDir } = this.#stage;
    await makeDemoTree({ from, treeDir, distfilesDir });
    await makeDemoTarget({ from, targetDir });
    await this.#type.swarm("target", "put", `./${TARGET}`);
  }

  async #clientOptions(portage: PortageInstallation) {
    const { config, targetDir, treeDir, distfilesDir, clientDir, prefixLength } = this.#stage;
    return {
      // As long as the drones' roots: a binary cannot be moved to a longer path.
      path: rootPath(clientDir, TARGET, prefixLength),
      portage,
      bundle: await readTargetDirectory(targetDir, TARGET),
      trees: { demo: treeDir },
      binhostUrl: `${config.binhost.url}/${config.binhost.name}/${TARGET}`,
      distfiles: [distfilesDir],
      signal: this.#signal,
    };
  }

  /** Kills an orchestrator when half of the packages are there; returns at once where the update ends before. */
  async #killHalfWay(update: Promise<void>): Promise<void> {
    let over = false;
    const end = (): void => {
      over = true;
    };
    update.then(end, end);
    while (!over) {
      await delay(POLL_MS, undefined, { signal: this.#signal });
      const view = await this.#run().catch(() => null);
      const counts = view?.counts;
      if (view?.step !== "build" || !counts) continue;
      const total = counts.needed + counts.delegated + counts.received;
      if (counts.received * 2 < total) continue;
      const victim = (await listSwarm(this.#stage.config.swarm.stateDir)).find(({ role }) => role === "orchestrator-1");
      if (!victim) break;
      this.#screen.heading(`5. ${counts.received} of ${total} are there: an orchestrator is killed`);
      this.#screen.command(`kill -KILL ${victim.pid}   # orchestrator-1`);
      process.kill(victim.pid, "SIGKILL");
      this.#screen.event("orchestrator-1 is dead; the run goes on with orchestrator-2");
      return;
    }
    await update;
    check(false, "the update was over before an orchestrator could be killed half way");
  }

  async #handle() {
    const client = await connectClient(this.#stage.config);
    return { client, handle: client.workflow.getHandle(worldUpdateId(TARGET)) };
  }

  async #run(): Promise<RunView> {
    const { client, handle } = await this.#handle();
    return handle.query(runQuery).finally(() => client.connection.close());
  }

  async #packages(): Promise<PackageView[]> {
    const { client, handle } = await this.#handle();
    return handle.query(packagesQuery).finally(() => client.connection.close());
  }

  async #checkRun(state: DemoState): Promise<void> {
    const expected = EXPECTED_BUILDS[state];
    const run = await this.#run();
    check(run.step === "gate", `${run.run} is in step ${run.step}${run.reason ? `: ${run.reason}` : ""}`);
    await checkBuilt(this.#stage.config, run.run, await this.#packages(), expected);
    this.#screen.good(
      state === "first"
        ? `${expected.length} packages were built, each exactly once`
        : `exactly the ${expected.length} packages that the changes ask for were built, each once`,
    );
  }

  async #updateClient(client: ClientRoot, expected: readonly string[]): Promise<void> {
    this.#screen.command("emerge --usepkgonly --getbinpkg -uDN @world   # on the client");
    const { installed, seconds } = await updateClient(client, {
      signal: this.#signal,
      onOutput: (line) => line.startsWith(">>> ") && this.#screen.line(`  ${line}`),
    });
    checkSame("packages that the client installed", installed, expected);
    this.#screen.good(`${installed.length} packages installed as binaries in ${seconds.toFixed(1)} s, none compiled`);
  }

  /** Runs a program on the client; its output must have all these parts. */
  async #expectOutput(client: ClientRoot, [program = "", ...args]: string[], ...parts: string[]): Promise<void> {
    this.#screen.command(`${[program, ...args].join(" ")}   # on the client`);
    const { stdout } = await execa(join(client.path, "usr/bin", program), args, {
      env: client.env,
      extendEnv: false,
      cancelSignal: this.#signal,
    });
    const lines = stdout.split("\n");
    const told = lines.length <= SHORT ? lines : lines.filter((line) => parts.some((part) => line.includes(part)));
    for (const line of told) this.#screen.line(`  ${line}`);
    if (told.length < lines.length) this.#screen.remark(`and ${lines.length - told.length} more lines`);
    for (const part of parts) check(stdout.includes(part), `${program} does not say "${part}"`);
  }
}
