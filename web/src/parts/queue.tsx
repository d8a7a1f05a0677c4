import { useId, useState } from "preact/hooks";
import { queuedWords } from "../../../model/orders.ts";
import type { RunView } from "../../../model/run.ts";
import { atomsIn } from "../lib/atoms.ts";
import { Confirm, useWhileShown } from "./actions.tsx";
import { clearQueue, queuePackages } from "./operate.ts";

interface Props {
  meant: RunView;
  onClose(): void;
}

/** Asks what a run is for that begins after this one. It is about the target: it stays when another run is shown meanwhile. */
export function QueueDialog({ meant: { target, run }, onClose }: Props) {
  const [atoms, setAtoms] = useState("");
  const help = useId();
  const queue = async (): Promise<string> => {
    const named = atomsIn(atoms);
    if (named.length === 0) throw new Error("Name at least one package, or @world.");
    return await queuePackages(target, named);
  };
  return (
    <Confirm title="Queue packages" verb="Queue them" act={queue} onClose={onClose}>
      <p>
        When {run} has ended, whatever its end, one run for <strong>{target}</strong> begins with all that is queued.
      </p>
      <label>
        What is updated then
        <input
          value={atoms}
          onInput={(event) => setAtoms(event.currentTarget.value)}
          maxLength={100_000}
          required
          aria-describedby={help}
        />
      </label>
      <p id={help} class="hint">
        Atoms such as <code>app-editors/vim</code>, with spaces or commas between; <code>@world</code> is everything.
      </p>
    </Confirm>
  );
}

export function ClearQueueDialog({ meant, onClose }: Props) {
  useWhileShown(meant, onClose);
  return (
    <Confirm title="Clear the queue?" verb="Take it back" danger act={() => clearQueue(meant)} onClose={onClose}>
      <p>
        No run begins any more, when {meant.run} has ended, with what is queued: {queuedWords(meant.queued ?? [])}.
      </p>
    </Confirm>
  );
}
