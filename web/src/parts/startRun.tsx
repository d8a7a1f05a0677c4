import { useState } from "preact/hooks";
import { atomsIn } from "../lib/atoms.ts";
import { chooseTarget } from "../state/live.ts";
import { Confirm } from "./actions.tsx";
import { type RunRef, resetRun, startRun } from "./operate.ts";

/** What a run is started for. */
export interface Start {
  /** null: the only one. */
  target: string | null;
  /** With commas or spaces between. */
  atoms: string;
  skipUnresolvable: boolean;
  /** What this run has not published is thrown away first. */
  after: RunRef | null;
}

/** Asks how a run shall be, and starts it. */
export function StartDialog({ start: { target, after, ...first }, onClose }: { start: Start; onClose(): void }) {
  const [atoms, setAtoms] = useState(first.atoms);
  const [dryRun, setDryRun] = useState(false);
  const [sync, setSync] = useState(true);
  const [skipUnresolvable, setSkips] = useState(first.skipUnresolvable);
  const [autoFinalize, setFinalizes] = useState(false);
  const [acceptFailed, setAccepts] = useState(false);
  const start = async (): Promise<string> => {
    const named = atomsIn(atoms);
    if (named.length === 0) throw new Error("Name at least one package, or @world.");
    if (after) await resetRun(after);
    const publishes = autoFinalize && !dryRun;
    const options = {
      sync,
      dryRun,
      skipUnresolvable,
      autoFinalize: publishes,
      acceptFailed: publishes && acceptFailed,
    };
    const text = await startRun({ target, atoms: named, options });
    if (target !== null) chooseTarget(target);
    return text;
  };
  const whose = target === null ? "" : ` for ${target}`;
  const end = dryRun
    ? "and forecast. Nothing is built."
    : `and all that is needed is built${autoFinalize ? " and published." : ". Nothing is published before you finalize."}`;
  return (
    <Confirm
      title={after ? "Start over?" : "Start an update?"}
      verb={dryRun ? "Try it" : "Start"}
      danger={after !== null}
      act={start}
      onClose={onClose}
    >
      <p>
        {after && `Everything that ${after.run} built and did not publish is thrown away. `}
        What has changed{whose} is resolved, {end}
      </p>
      <label>
        What is updated
        <input value={atoms} onInput={(event) => setAtoms(event.currentTarget.value)} maxLength={100_000} required />
      </label>
      <Check is={dryRun} set={setDryRun}>
        Only try it: make the plan and forecast it, build nothing
      </Check>
      <Check is={sync} set={setSync}>
        The drones sync their trees first
      </Check>
      <Check is={skipUnresolvable} set={setSkips}>
        Leave out what does not resolve
      </Check>
      {!dryRun && (
        <Check is={autoFinalize} set={setFinalizes}>
          Publish by itself when everything was built
        </Check>
      )}
      {!dryRun && autoFinalize && (
        <Check is={acceptFailed} set={setAccepts}>
          … also without what failed
        </Check>
      )}
    </Confirm>
  );
}

function Check({ is, set, children }: { is: boolean; set(value: boolean): void; children: string }) {
  return (
    <label class="check">
      <input type="checkbox" checked={is} onChange={(event) => set(event.currentTarget.checked)} />
      {children}
    </label>
  );
}
