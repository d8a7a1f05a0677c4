import type { GraphAnswer } from "../../../model/answers.ts";
import { address, get } from "../wire/request.ts";
import { droneFacts, run, target, turns } from "./live.ts";
import { type Resource, useResource } from "./resource.ts";

/** A version of what is asked of the shown run's graph. */
export function graphVersion(): string {
  return `${turns.value} ${droneFacts.value} ${run.value?.step}`;
}

/** The path that decides when the shown run is done. */
export function useCritical(): Resource<GraphAnswer> {
  const name = target.value;
  const view = run.value;
  return useResource(
    name && view ? `critical ${view.run}` : null,
    (signal) => get<GraphAnswer>(address(["runs", name ?? "", "graph"], { critical: true }), signal),
    graphVersion(),
  );
}
