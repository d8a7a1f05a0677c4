import type { Client } from "@temporalio/client";
import type { PlanGraph } from "../../model/plan.ts";
import { type ChildEvidence, childEvidence, events, executions, forEach, type Size, sizeOf } from "./histories.ts";

/** What the histories of a run say, and nobody's own counters. */
export interface Evidence {
  /** Packages that were accepted exactly once. */
  acceptedOnce: number;
  /** Packages whose build completed exactly once. */
  builtOnce: number;
  /** Accepted never, or more than once; of no plan. Must be empty. */
  wrong: string[];
  /** Built again since the drone that had built them was lost with the artifact. */
  rebuilt: { cpv: string; drones: string[] }[];
  /** Children in all: more than packages where attempts were lost. */
  children: number;
  childEvents: { mean: number; most: number };
  /** Each execution of the run's workflow, in order. */
  run: Size[];
  fleet: Size[];
  /** The largest of all: events of one execution, bytes of one payload, and where that was. */
  mostEvents: number;
  largestPayload: number;
  largestPayloadIn: string;
}

/** Histories that are read at once. */
const WIDTH = 8;

/** Reads every history of the namespace. */
export async function evidenceOf(client: Client, { packages }: PlanGraph, run: string): Promise<Evidence> {
  const children: ChildEvidence[] = [];
  const childSizes: Size[] = [];
  await forEach(
    await executions(client, `WorkflowType = "buildPackage" AND SwarmRun = "${run}"`),
    WIDTH,
    async (each) => {
      const history = await events(client, each);
      children.push(childEvidence(each, history));
      childSizes.push(sizeOf(history));
    },
  );
  const sizesOf = async (query: string): Promise<Size[]> => {
    const sizes: Size[] = [];
    for (const each of (await executions(client, query)).reverse()) sizes.push(sizeOf(await events(client, each)));
    return sizes;
  };
  const runSizes = await sizesOf(`WorkflowType = "worldUpdate"`);
  const fleetSizes = await sizesOf(`WorkflowType = "fleet"`);
  const all = [...childSizes, ...runSizes, ...fleetSizes];
  const largest = all.reduce((a, b) => (b.payload > a.payload ? b : a));

  const byPackage = Map.groupBy(children, ({ cpv }) => cpv);
  const sum = (cpv: string, key: "built" | "accepted"): number =>
    (byPackage.get(cpv) ?? []).reduce((total, child) => total + child[key], 0);
  const planned = new Set(packages.map(({ cpv }) => cpv));
  const wrong = [...planned].filter((cpv) => sum(cpv, "accepted") !== 1);
  return {
    acceptedOnce: planned.size - wrong.length,
    builtOnce: [...planned].filter((cpv) => sum(cpv, "built") === 1).length,
    wrong: [...wrong, ...[...byPackage.keys()].filter((cpv) => !planned.has(cpv))],
    rebuilt: [...planned]
      .filter((cpv) => sum(cpv, "built") > 1)
      .map((cpv) => ({ cpv, drones: (byPackage.get(cpv) ?? []).filter((c) => c.built > 0).map((c) => c.drone) })),
    children: children.length,
    childEvents: {
      mean: childSizes.reduce((total, { events }) => total + events, 0) / childSizes.length,
      most: Math.max(...childSizes.map(({ events }) => events)),
    },
    run: runSizes,
    fleet: fleetSizes,
    mostEvents: all.reduce((most, { events }) => Math.max(most, events), 0),
    largestPayload: largest.payload,
    largestPayloadIn: largest.largest,
  };
}
