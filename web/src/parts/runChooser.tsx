import type { RunRecord } from "../../../model/run.ts";
import { timestamp } from "../../../model/words.ts";
import { run, target } from "../state/live.ts";
import { useResource } from "../state/resource.ts";
import { refine } from "../state/router.ts";
import { address, get } from "../wire/request.ts";

/** Chooses a run of the target, the present one or one before; the view's query names it. */
export function RunChooser({ chosen }: { chosen: string | null }) {
  const name = target.value;
  const current = run.value?.run ?? null;
  const { data } = useResource(name === null ? null : `runs ${name} ${current}`, (signal) =>
    get<RunRecord[]>(address(["runs"], { target: name, seen: current ?? "" }), signal),
  );
  const runs = data ?? [];
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
