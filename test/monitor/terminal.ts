import { join } from "node:path";
import { expect, inject } from "vitest";
import { failed, type NoopDroneOptions } from "../../bench/noop/drone.ts";
import { pkg } from "../../bench/noop/plan.ts";
import { type NoopSwarm, until } from "../../bench/noop/swarm.ts";
import { packageRoot } from "../../system/packageRoot.ts";
import type { TestAccess } from "../support/access.ts";
import { Builds, held } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { openTerminal, type Terminal, type TerminalOptions, tmuxMissing } from "../support/tmux.ts";

/** Why no terminal can be opened; null: one can. */
export const missing = await tmuxMissing();
if (missing !== null) console.warn(`the monitor's screen is not tested: ${missing}`);

/** The command, from the sources. */
export const MAIN = join(packageRoot(), "cli/main.ts");
const RULE = /═{3} BUILD SWARM ═{3}/;

/** A run with four builds that wait for the test, one that has failed, one that needs that, and one that waits for a drone. */
export async function heldRun() {
  const builds = new Builds();
  const hold = held();
  const bothFailed = Promise.withResolvers<void>();
  builds.become(async (order, drone, signal) => {
    if (order.cpv === "a/base-1") return await bothFailed.promise;
    if (order.cpv !== "a/broken-1") return await hold.build(order, drone, signal);
    if (order.attempt === 2) bothFailed.resolve();
    throw failed("package", "compile phase: thing undeclared");
  });
  const drone = (name: string): NoopDroneOptions => ({ name, cores: 8, slots: 2, build: builds.build });
  const swarm = await noopSwarm({
    plan: {
      packages: [
        ...[pkg("a/broken-1"), pkg("a/base-1"), pkg("a/after-1", [0])],
        ...["b/one-1", "b/two-1", "b/three-1", "b/four-1", "b/five-1"].map((name) => pkg(name, [1])),
      ],
    },
    drones: [drone("izar"), drone("tarn")],
  });
  await swarm.run({ run: "screen-1", startedBy: "bert" });
  return { swarm, ...hold };
}

/** What a monitor of a swarm is told. */
export function monitorEnv(swarm: NoopSwarm, access: TestAccess): Record<string, string> {
  return {
    ...{ TEMPORAL_ADDRESS: inject("temporalAddress"), TEMPORAL_NAMESPACE: swarm.namespace },
    ...{ SWARM_CONFIG: access.configFile, USER: "ann" },
  };
}

/** A terminal with the monitor in it. */
export async function openMonitor(
  swarm: NoopSwarm,
  access: TestAccess,
  { env = {}, ...options }: TerminalOptions = {},
): Promise<Terminal> {
  const terminal = await openTerminal({ ...options, env: { ...monitorEnv(swarm, access), ...env } });
  await terminal.run(`stty -g > ${access.directory}/before; clear; echo what was there`);
  await terminal.shows(/^what was there/m);
  await terminal.run(`${process.execPath} ${MAIN} monitor`);
  await terminal.shows(RULE);
  return terminal;
}

/** The terminal is as it was before the monitor. */
export async function isRestored(terminal: Terminal, { directory }: TestAccess): Promise<string> {
  await until("the main screen", async () => (await terminal.value("alternate_on")) === "0");
  expect(await terminal.value("cursor_flag")).toBe("1");
  const text = await terminal.shows("what was there");
  expect(text).not.toMatch(RULE);
  await terminal.run(`stty -g > ${directory}/after; cmp ${directory}/before ${directory}/after && echo the "same"`);
  await terminal.shows(/^(\$ )?the same$/m);
  return text;
}
