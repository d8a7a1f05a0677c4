import { examples } from "../help.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm demo` */
export const register: RegisterVerb = (command, context) => {
  command
    .option("--keep", "leave the swarm up afterwards, to look around")
    .action(async ({ keep }: { keep?: boolean }) => {
      const { runDemo } = await import("../../demo/performance.ts");
      if ((await runDemo({ keep: keep ?? false })) !== 0) context().exitCode = 1;
    });
  examples(command, [
    ["swarm demo", "about two minutes; everything is stopped and removed at the end"],
    ["swarm demo --keep", "the same, and the swarm stays up"],
  ]);
};
