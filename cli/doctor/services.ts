import { connect } from "node:net";
import type { SwarmConfig } from "../../config/schema.ts";
import { connectionSettings, namesRealCluster } from "../../connection/options.ts";
import { isPortFree, portOwner } from "../../system/ports.ts";
import { devServerStatus } from "../../temporal-dev/server.ts";
import { type Check, WORKERS } from "./check.ts";

/** A machine on the local network answers in less. ms */
const ANSWER_WITHIN_MS = 2_000;
/** Workers and engine may differ by this. ms */
const CLOCK_MS = 60_000;
/** Before this project existed no clock can be right. */
const EARLIEST = Date.UTC(2025, 0, 1);

/** Ports that are free or ours, the engine, and the clock. */
export async function checkServices(config: SwarmConfig, env: NodeJS.ProcessEnv): Promise<Check[]> {
  const foreign = namesRealCluster(config, env);
  const binhostDate = await dateOf(config.binhost.url);
  return [
    ...(foreign ? [] : await checkDevServerPorts(config)),
    await checkBinhostPort(config, binhostDate !== null),
    await checkEngine(config, env, foreign),
    checkClock(binhostDate),
  ];
}

async function checkDevServerPorts(config: SwarmConfig): Promise<Check[]> {
  const { ip, port, uiPort } = config.devServer;
  const ours = devServerStatus(config.swarm.stateDir);
  const wanted = [
    { key: "port", number: port, used: ours?.port },
    { key: "ui_port", number: uiPort, used: ours?.uiPort },
  ];
  return Promise.all(
    wanted.map(async ({ key, number, used }): Promise<Check> => {
      const free = number === 0 || used === number || (await isPortFree(ip, number));
      const state =
        number === 0 ? "a free one is chosen" : used === number ? "our dev server's" : free ? "free" : inUse(number);
      return {
        name: "Port",
        verdict: free ? "ok" : "bad",
        found: `${number} of the dev server: ${state}`,
        fix: free ? null : `set [dev_server] ${key} to a free one, or to 0`,
        roles: ["dev-server"],
      };
    }),
  );
}

async function checkBinhostPort(config: SwarmConfig, answers: boolean): Promise<Check> {
  const { listen, port } = config.binhost;
  const free = answers || (await isPortFree(listen, port));
  return {
    name: "Port",
    verdict: free ? "ok" : "bad",
    found: `${port} of the binhost: ${answers ? "a binhost answers" : free ? "free" : inUse(port)}`,
    fix: free ? null : "set [binhost] port to a free one",
    roles: ["binhost"],
  };
}

async function checkEngine(config: SwarmConfig, env: NodeJS.ProcessEnv, foreign: boolean): Promise<Check> {
  const { address } = connectionSettings(config, env).options;
  const answers = await accepts(address);
  const fix = foreign
    ? "start it, or correct TEMPORAL_ADDRESS, [temporal] or its configuration file"
    : "start it: swarm up, or swarm dev-server start";
  return {
    name: "Engine",
    verdict: answers ? "ok" : foreign ? "bad" : "note",
    found: `${address} ${answers ? "answers" : "does not answer"}`,
    fix: answers ? null : fix,
    roles: WORKERS,
  };
}

function inUse(port: number): string {
  const owner = portOwner(port);
  return owner === null ? "in use" : `in use by ${owner}`;
}

function checkClock(reference: number | null): Check {
  const now = Date.now();
  const off = reference === null ? 0 : now - reference;
  const wrong = now < EARLIEST || Math.abs(off) > CLOCK_MS;
  const compared =
    reference === null ? "no binhost to compare it with" : `${Math.round(off / 1000)} s from the binhost's`;
  return {
    name: "Clock",
    verdict: wrong ? "bad" : "ok",
    found: `${new Date(now).toISOString()}, ${compared}`,
    fix: wrong ? "set it, and keep it set: timedatectl set-ntp true" : null,
    roles: WORKERS,
  };
}

/** The clock of a web server, ms since the epoch; null where none answers. */
async function dateOf(url: string): Promise<number | null> {
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    await response.body?.cancel();
    const date = Date.parse(response.headers.get("date") ?? "");
    return Number.isNaN(date) ? null : date;
  } catch {
    return null;
  }
}

/** Whether something accepts a connection at `host:port`. */
function accepts(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`tcp://${address}`);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 7233) });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ANSWER_WITHIN_MS, () => end(false));
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });
}
