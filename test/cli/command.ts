import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { onTestFinished } from "vitest";
import { packageRoot } from "../../system/packageRoot.ts";

/** Nothing listens on it: it is reserved, and the tests' machine has no such service. */
export const NOWHERE = "127.0.0.1:1";

/** A private directory that goes with the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "swarm-cli-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Starts `swarm` from the sources, without a terminal, with nothing of the user's environment but PATH. */
export function spawnSwarm(
  args: readonly string[],
  env: Record<string, string | undefined> = {},
  cwd: string = tmpdir(),
) {
  return execa(process.execPath, [join(packageRoot(), "cli/main.ts"), ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? "", HOME: cwd, USER: "ann", TEMPORAL_ADDRESS: NOWHERE, ...env },
    extendEnv: false,
    reject: false,
    stdin: "ignore",
  });
}

/** Runs `swarm` to its end. */
export async function swarm(args: readonly string[], env: Record<string, string> = {}, cwd?: string) {
  const { exitCode, stdout, stderr } = await spawnSwarm(args, env, cwd);
  return { exitCode, stdout, stderr };
}

/** A configuration file in a directory of its own; returns its path. */
export async function configFile(toml: string): Promise<string> {
  const file = join(await temporaryDirectory(), "swarm.toml");
  await writeFile(file, toml);
  return file;
}
