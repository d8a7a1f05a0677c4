import { resolve } from "node:path";
import { messageOf, UserError } from "../../model/errors.ts";
import { writeFileAtomic } from "../../system/atomicFile.ts";
import type { Context } from "../context.ts";
import { simulateScreen } from "../screens/simulate.ts";
import { readGraph } from "./graphFile.ts";
import { readOptions, type TypedOptions } from "./options.ts";
import { simulateAll } from "./report.ts";
import { timelineSvg } from "./svg.ts";

/** What `swarm simulate` does. It needs no configuration and no engine. */
export async function simulateVerb(context: Context, graphName: string, typed: TypedOptions): Promise<void> {
  const { cwd } = context.around;
  const [graph, simulation] = await both(readGraph(graphName, cwd), () => readOptions(typed));
  const { report, drawn } = simulateAll(graph, simulation);
  if (typed.svg !== undefined && drawn !== null) {
    const [outcome] = report.policies;
    const svg = timelineSvg({
      title: `${graph.name}, ${outcome?.policy ?? ""}: ${outcome?.ratio.toFixed(3) ?? ""} of the lower bound`,
      ...{ drones: simulation.drones, schedule: drawn.schedule, chain: drawn.chain },
      cpvOf: (index) => graph.packages[index]?.cpv ?? "",
    });
    const file = resolve(cwd, typed.svg);
    await writeFileAtomic(file, svg).catch((error: unknown) => {
      throw new UserError(`cannot write the timeline ${file}: ${messageOf(error)}`);
    });
  }
  if (context.json) context.printJson(report);
  else {
    context.print(simulateScreen(report, context.paint));
    if (typed.svg !== undefined) context.print(["", `Drawn: ${typed.svg}`]);
  }
}

/** Both, or a UserError with the problems of both. */
async function both<A, B>(first: Promise<A>, second: () => B): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, (async () => second())()]);
  if (a.status === "fulfilled" && b.status === "fulfilled") return [a.value, b.value];
  const errors: unknown[] = [a, b].flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  const strange = errors.find((error) => !(error instanceof UserError));
  if (strange !== undefined) throw strange;
  const problems = errors.flatMap((error) => (error instanceof UserError ? error.problems : []));
  throw new UserError(problems, 2);
}
