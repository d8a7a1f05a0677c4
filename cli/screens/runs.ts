import { STEP_WORDS } from "../../model/marks.ts";
import { RUN_STEPS, type RunRecord } from "../../model/run.ts";
import { duration, timestamp } from "../../model/words.ts";
import type { Paint } from "../paint.ts";
import { table } from "../text.ts";

/** `swarm runs`: newest first. */
export function runsScreen(runs: readonly RunRecord[], at: number, paint: Paint): string[] {
  if (runs.length === 0) return ["There was no run yet. Start one: swarm run-update"];
  return table(
    [
      { title: "RUN" },
      { title: "TARGET" },
      { title: "STARTED" },
      { title: "TOOK", align: "right" },
      { title: "OUTCOME" },
      { title: "BY" },
    ],
    runs.map((run) => [
      run.run,
      run.target,
      timestamp(run.startedAt),
      duration((run.endedAt ?? at) - run.startedAt),
      outcome(run, paint),
      run.startedBy ?? "",
    ]),
  );
}

function outcome({ status, step }: RunRecord, paint: Paint): string {
  // The engine's word is the last one: a run that was terminated could not say so itself.
  if (status === "TERMINATED" || status === "TIMED_OUT") return paint("bad", status.toLowerCase().replace("_", " "));
  const known = RUN_STEPS.find((each) => each === step);
  if (known) return paint(STEP_WORDS[known][1], STEP_WORDS[known][0]);
  return status === "RUNNING" ? "running" : status.toLowerCase();
}
