import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { onTestFinished } from "vitest";
import { packageRoot } from "../../system/packageRoot.ts";
import { freePort } from "../../system/ports.ts";
import { testDirectory } from "./portage.ts";

const MAIN = join(packageRoot(), "cli/main.ts");

/** How a command ended. */
export interface Ended {
  code: number | undefined;
  stdout: string;
  stderr: string;
}

/** The environment of a person's shell, without what would lead the command to another swarm or engine. */
export function commandEnv(): NodeJS.ProcessEnv {
  const foreign = /^(TEMPORAL_|SWARM_|VITEST|NODE_OPTIONS|NO_COLOR|FORCE_COLOR)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

/** A process of `swarm` with these arguments, from the sources. */
export function startCommand(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return execa(process.execPath, [MAIN, ...args], {
    env: { ...commandEnv(), ...env },
    extendEnv: false,
    reject: false,
    stdin: "ignore",
  });
}

/** Runs `swarm` to its end. */
export async function swarm(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const { exitCode, stdout, stderr } = await startCommand(args, env);
  return { code: exitCode, stdout, stderr };
}

/** A swarm of its own for a test: a configuration in a private directory, on free ports. */
export interface TestSwarm {
  directory: string;
  stateDir: string;
  config: string;
  binhostPort: number;
  run(...args: string[]): Promise<Ended>;
}

/** Writes the configuration; whatever of it runs when the test ends is stopped. `more`: further TOML. */
export async function testSwarm(more = ""): Promise<TestSwarm> {
  const directory = await testDirectory();
  const stateDir = join(directory, "state");
  const config = join(directory, "swarm.toml");
  const binhostPort = await freePort("127.0.0.1");
  await mkdir(stateDir, { recursive: true });
  await writeFile(
    config,
    `[swarm]\nstate_dir = "state"\n[dev_server]\nport = 0\nui_port = 0\n[gateway]\nport = 0\n[binhost]\nport = ${binhostPort}\n${more}\n`,
  );
  const run = (...args: string[]): Promise<Ended> => swarm(["--config", config, ...args]);
  onTestFinished(async () => {
    const { code, stderr } = await run("down");
    if (code !== 0) throw new Error(`swarm down: ${stderr}`);
  });
  return { directory, stateDir, config, binhostPort, run };
}
