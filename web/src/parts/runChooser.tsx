import type { RunRecord } from "../../../model/run.ts";
import { timestamp } from "../../../model/words.ts";
import { run, target } from "../state/live.ts";
import { useResource } from "../state/resource.ts";
import { refine } from "../state/router.ts";
import { address, get } from "../wire/request.ts";
import { runWorkflow } from "../wire/workflows.ts";
import { EngineLink } from "./common.tsx";

/** The runs of the target that the engine still knows; null: they are being asked for. */
export function useRuns(): RunRecord[] | null {
  const name = target.value;
  const current = run.value?.run ?? null;
  const { data } = useResource(name === null ? null : `runs ${name} ${current}`, (signal) =>
    get<RunRecord[]>(address(["runs"], { target: name, seen: current ?? "" }), signal),
  );
  return data;
}

/** Leads to a run in the engine's own page; nothing where the engine has forgotten it. */
export function PastRunLink({ id, runs }: { id: string; runs: readonly RunRecord[] | null }) {
  const found = runs?.find((one) => one.run === id);
  if (!found) return null;
  return <EngineLink workflow={runWorkflow(found.target)} execution={found.executionId} what={id} />;
}

/** Chooses a run of the target, the present one or one before; the view's query names it. */
export function RunChooser({ chosen }: { chosen: string | null }) {
  const current = run.value?.run ?? null;
  const runs = useRuns() ?? [];
  const known = new Set(runs.map((one) => one.run));
  return (
    <label>
      <span class="visually-hidden">Run</span>
      <select
        value={chosen ?? ""}
        onChange={(event) => {
          const { value } = event.currentTarget;
          refine({ run: value === current ? null : value });
        }}
      >
        {[...new Set([chosen, current])]
          .filter((one) => one !== null && !known.has(one))
          .map((one) => (
            <option key={one} value={one ?? ""}>
              {one}
            </option>
          ))}
        {runs.map((one) => (
          <option key={one.executionId} value={one.run}>
            {one.run}, {timestamp(one.startedAt)}
          </option>
        ))}
      </select>
    </label>
  );
}
