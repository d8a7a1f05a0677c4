import { usageError } from "../../model/errors.ts";
import type { SimDrone } from "../../scheduler/simulate.ts";
import { nearest } from "../../system/nearest.ts";
import { POLICIES, type PolicyName } from "./policies.ts";

/** The options of `swarm simulate` as typed. */
export interface TypedOptions {
  drones?: string;
  policy: string;
  noise?: string;
  seed?: string;
  seeds?: string;
  fail?: string;
  lose: string[];
  svg?: string;
  speculate?: boolean;
}

/** What is to be simulated. */
export interface Simulation {
  drones: SimDrone[];
  policies: PolicyName[];
  /** Sigma of ln(true work / estimate). */
  noise: number;
  seeds: number[];
  /** Part of the builds that fail at their end. */
  failRate: number;
  /** Critical builds are begun a second time in the tail, the first to end counts, instead of anew. */
  speculate: boolean;
}

const HOW = "as CORES or NAME:CORES[:SPEED], with commas between: --drones 16,14,24,8";
const MAX_DRONES = 1000;
const MAX_CORES = 100_000;
const MAX_SEEDS = 10_000;
/** Of ln: at 3, one package in three is off by more than a factor of 20. */
const MAX_NOISE = 3;

/** @throws UserError with everything that is wrong with the options. */
export function readOptions(typed: TypedOptions): Simulation {
  const problems: string[] = [];
  const drones = readDrones(typed.drones, problems);
  for (const loss of typed.lose) lose(loss, drones, problems);
  if (drones.length > 0 && drones.every((d) => d.lostAt !== undefined)) {
    problems.push("--lose takes every drone away: nothing would be left to build on. Leave one");
  }
  const noise = number("--noise", typed.noise, { least: 0, most: MAX_NOISE, otherwise: 0 }, problems);
  const failRate = number("--fail", typed.fail, { least: 0, most: 0.99, otherwise: 0 }, problems);
  const whole = { least: 1, most: MAX_SEEDS, otherwise: 1, whole: true };
  const seed = number("--seed", typed.seed, { ...whole, least: 0, most: 2 ** 31 - 1 }, problems);
  const count = number("--seeds", typed.seeds, whole, problems);
  const policies = readPolicies(typed.policy, problems);
  const random = typed.noise !== undefined || typed.fail !== undefined;
  if ((typed.seed !== undefined || typed.seeds !== undefined) && !random) {
    problems.push("--seed and --seeds go with --noise or --fail: without them nothing is random");
  }
  if (typed.svg !== undefined && (typed.policy === "all" || count > 1)) {
    problems.push("--svg draws one schedule: choose one --policy and leave out --seeds");
  }
  const speculate = typed.speculate === true;
  if (speculate && !policies.includes("swarm") && !policies.includes("swarm-rule") && policies.length > 0) {
    problems.push("--speculate goes with the swarm's own scheduler: the other policies begin nothing twice");
  }
  if (problems.length > 0) throw usageError(problems);
  return { drones, policies, noise, failRate, speculate, seeds: Array.from({ length: count }, (_, i) => seed + i) };
}

function readDrones(typed: string | undefined, problems: string[]): SimDrone[] {
  if (typed === undefined) {
    problems.push(`--drones is missing: say which drones there are, ${HOW}`);
    return [];
  }
  const parts = typed.split(",");
  if (parts.length > MAX_DRONES) {
    problems.push(`--drones: ${parts.length} drones are too many: ${MAX_DRONES} at most`);
    return [];
  }
  const names = new Set<string>();
  return parts.flatMap((part, i) => {
    const fields = part.trim().split(":");
    const [name = "", cores = "", speed = "1"] = fields.length === 1 ? [`drone${i + 1}`, ...fields] : fields;
    const before = problems.length;
    const place = `--drones: "${part.trim()}"`;
    if (part.trim() === "" || fields.length > 3) problems.push(`${place} is no drone: they are given ${HOW}`);
    else {
      if (!/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/.test(name)) {
        problems.push(`${place}: a name has letters, digits, dots, dashes and underscores, not "${name}"`);
      } else if (names.has(name)) problems.push(`${place}: there are two drones ${name}`);
      names.add(name);
      if (!/^\d+$/.test(cores) || Number(cores) < 1 || Number(cores) > MAX_CORES) {
        problems.push(`${place}: cores must be a whole number from 1 to ${MAX_CORES}, not "${cores}"`);
      }
      if (!/^\d*\.?\d+$/.test(speed) || !(Number(speed) >= 0.01 && Number(speed) <= 100)) {
        problems.push(`${place}: speed must be a number from 0.01 to 100 (1 is the usual one), not "${speed}"`);
      }
    }
    return problems.length > before ? [] : [{ name, cores: Number(cores), speed: Number(speed) }];
  });
}

/** `NAME@TIME`: enters the loss in the drone. */
function lose(typed: string, drones: readonly SimDrone[], problems: string[]): void {
  const at = typed.lastIndexOf("@");
  const [name, time] = at === -1 ? [typed, ""] : [typed.slice(0, at), typed.slice(at + 1)];
  const seconds = secondsOf(time);
  if (at === -1 || seconds === null) {
    problems.push(`--lose "${typed}": say which drone and when, as NAME@SECONDS or NAME@10m, NAME@2h`);
  }
  const drone = drones.find((d) => d.name === name);
  if (!drone && drones.length > 0) {
    const names = drones.map((d) => d.name);
    const near = nearest(name, names);
    const hint = near === null ? `There are ${names.join(", ")}` : `Did you mean ${near}?`;
    problems.push(`--lose "${typed}": there is no drone "${name}". ${hint}`);
  }
  if (drone && seconds !== null) drone.lostAt = Math.min(seconds, drone.lostAt ?? Number.POSITIVE_INFINITY);
}

function secondsOf(text: string): number | null {
  const [, digits, unit = "s"] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(text) ?? [];
  if (digits === undefined) return null;
  return Number(digits) * ({ s: 1, m: 60, h: 3600, d: 86_400 }[unit] ?? 1);
}

interface Range {
  least: number;
  most: number;
  otherwise: number;
  whole?: boolean;
}

function number(option: string, typed: string | undefined, range: Range, problems: string[]): number {
  if (typed === undefined) return range.otherwise;
  const value = typed.trim() === "" ? Number.NaN : Number(typed);
  const right = value >= range.least && value <= range.most && (!range.whole || Number.isInteger(value));
  if (right) return value;
  const kind = range.whole ? "a whole number" : "a number";
  problems.push(`${option} must be ${kind} from ${range.least} to ${range.most}, not "${typed}"`);
  return range.otherwise;
}

function readPolicies(typed: string, problems: string[]): PolicyName[] {
  if (typed === "all") return [...POLICIES];
  const found = POLICIES.find((name) => name === typed);
  if (found) return [found];
  const near = nearest(typed, [...POLICIES, "all"]);
  const hint = near === null ? "" : ` Did you mean ${near}?`;
  problems.push(`--policy "${typed}" is unknown.${hint} There are ${POLICIES.join(", ")}, and all`);
  return [];
}
