import { treeGraph } from "./scale/graph.ts";
import { runScale, type ScaleRun } from "./scale/run.ts";

/** Size that the cost of a package is compared with. */
const SMALL = 1_000;
/** From here on it is the whole graph: it has 17,120. */
const WHOLE = 17_000;

export interface ScaleFigures {
  /** With an orchestrator and a drone killed. */
  run: ScaleRun;
  /** The first packages of the same graph, nothing killed; absent where the run itself is as small. */
  small?: ScaleRun;
  /** Cost of a package against that of the small run. */
  wallRatio?: number;
  cpuRatio?: number;
  goals: Goal[];
}

interface Goal {
  what: string;
  goal: string;
  is: string;
  met: boolean;
}

/** The tree's graph through the real engine: eight drones, two orchestrators, builds that take no time. */
export async function benchScale(count = WHOLE): Promise<ScaleFigures> {
  const graph = await treeGraph(count >= WHOLE ? Number.POSITIVE_INFINITY : count);
  const small = count > SMALL ? await runScale(await treeGraph(SMALL), false) : undefined;
  const run = await runScale(graph, true);
  const ratios = small && { wallRatio: run.wallMs / small.wallMs, cpuRatio: run.cpuMs / small.cpuMs };
  const goals = goalsOf(run, ratios);
  for (const { what, goal, is, met } of goals) {
    console.log(`${met ? "ok  " : "MISS"} ${what.padEnd(46)} ${goal.padEnd(14)} ${is}`);
  }
  return { run, ...(small ? { small, ...ratios } : {}), goals };
}

function goalsOf(run: ScaleRun, ratios: { wallRatio: number; cpuRatio: number } | undefined): Goal[] {
  const { evidence, packages } = run;
  const memory = Math.max(
    ...Object.entries(run.processes).map(([name, { peak }]) => (name.startsWith("orchestrator") ? peak : 0)),
  );
  const goals: Goal[] = [
    {
      what: "packages accepted exactly once, by the histories",
      goal: `${packages}`,
      is: `${evidence.acceptedOnce}; ${evidence.builtOnce} built once, ${evidence.rebuilt.length} again after a loss`,
      met: evidence.wrong.length === 0 && evidence.builtOnce + evidence.rebuilt.length === packages,
    },
    {
      what: "packages/s, start to gate",
      goal: ">= 15",
      is: `${run.perSecond.toFixed(1)} (tenths of the run: ${run.slowestTenthPerSecond.toFixed(1)} to ${run.fastestTenthPerSecond.toFixed(1)})`,
      met: run.perSecond >= 15,
    },
    {
      what: "events of one execution",
      goal: "< 10000",
      is: `${evidence.mostEvents}; the run in ${evidence.run.length} executions, ${evidence.childEvents.mean.toFixed(1)} for a package`,
      met: evidence.mostEvents < 10_000,
    },
    {
      what: "largest payload, KB",
      goal: "< 500",
      is: `${(evidence.largestPayload / 1000).toFixed(0)} (${evidence.largestPayloadIn})`,
      met: evidence.largestPayload < 500_000,
    },
    { what: "memory of an orchestrator, MiB", goal: "< 1024", is: `${memory}`, met: memory < 1_024 },
  ];
  if (!ratios) return goals;
  const { wallRatio, cpuRatio } = ratios;
  goals.push({
    what: `cost of a package against that of ${SMALL}`,
    goal: "<= 1.3",
    is: `wall ${wallRatio.toFixed(2)}, processor ${cpuRatio.toFixed(2)}`,
    met: wallRatio <= 1.3 && cpuRatio <= 1.3,
  });
  return goals;
}
