import { examples } from "../help.ts";
import type { TypedOptions } from "../simulate/options.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm simulate GRAPH --drones LIST` */
export const register: RegisterVerb = (command, context) => {
  command
    .argument("<graph>", "weekly, desktop, tree2014 or the path of a .json or .json.gz file (see graphs/README.md)")
    .option("--drones <list>", "CORES or NAME:CORES[:SPEED], with commas between")
    .option("--policy <name>", "swarm, one of the usual ones, or all to compare them", "swarm")
    .option("--noise <sigma>", "true times are log-normal around the estimates")
    .option("--seed <number>", "of the noise and the failures, 1 by default")
    .option("--seeds <count>", "the mean of so many seeds")
    .option("--fail <rate>", "part of the builds that fail at their end and are tried again, 0 to 0.99")
    .option("--lose <drone@time>", "a drone goes away for ever: NAME@SECONDS, NAME@10m; may be repeated", gather, [])
    .option(
      "--speculate",
      "what holds everything at the end is begun a second time on a better drone; the first counts",
    )
    .option("--svg <file>", "draw the schedule")
    .action(async (graph: string, options: TypedOptions) => {
      const { simulateVerb } = await import("../simulate/verb.ts");
      await simulateVerb(context(), graph, options);
    });
  examples(command, [
    ["swarm simulate weekly --drones 16,14,24,8", "what an update would take on four drones"],
    ["swarm simulate desktop --drones izar:16,tarn:8:0.7 --policy all", "the swarm's scheduler and the usual ones"],
    ["swarm simulate weekly --drones 16,8 --noise 0.7 --seeds 20", "when estimates are off by a factor of two"],
    ["swarm simulate weekly --drones 16,8 --lose drone2@10m --svg out.svg", "a drone is lost; draw it"],
  ]);
};

function gather(value: string, before: string[]): string[] {
  return [...before, value];
}
