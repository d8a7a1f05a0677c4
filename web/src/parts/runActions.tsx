import { useState } from "preact/hooks";
import { queuedWords } from "../../../model/orders.ts";
import type { RunView } from "../../../model/run.ts";
import { count } from "../../../model/words.ts";
import { ActionButton, attempt, Confirm, useWhileShown } from "./actions.tsx";
import { balance, cancelRun, pauseRun, prioritize, resetRun, resumeRun, unblock } from "./operate.ts";
import { ClearQueueDialog, QueueDialog } from "./queue.tsx";

interface Asked {
  to: "queue" | "clear" | "pause" | "cancel" | "reset";
  meant: RunView;
}

/** What can be done with a run, at its present step. */
export function RunActions({ view }: { view: RunView }) {
  // The run as it was when its button was pressed: what is confirmed is about this one.
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = () => setAsked(null);
  const ask = (to: Asked["to"]) => setAsked({ to, meant: view });
  const goesOn = view.endedAt === null;
  const isOpen = goesOn && view.step !== "publish";
  return (
    <>
      {(goesOn || view.queued) && (
        <div class="buttons">
          {isOpen && !view.paused && <ActionButton onAct={() => ask("pause")}>Pause…</ActionButton>}
          {isOpen && view.paused && <ActionButton onAct={() => attempt(() => resumeRun(view))}>Resume</ActionButton>}
          {view.step === "build" && <ActionButton onAct={() => attempt(() => balance(view))}>Balance</ActionButton>}
          {view.step === "build" && view.prioritized && (
            <ActionButton onAct={() => attempt(() => prioritize(view, []))}>Put nothing first</ActionButton>
          )}
          {isOpen && view.counts.failed > 0 && (
            <ActionButton onAct={() => attempt(() => unblock(view))}>Unblock all</ActionButton>
          )}
          {goesOn && <ActionButton onAct={() => ask("queue")}>Queue packages…</ActionButton>}
          {view.queued && (
            <ActionButton danger onAct={() => ask("clear")}>
              Clear the queue…
            </ActionButton>
          )}
          {isOpen && (
            <ActionButton danger onAct={() => ask("cancel")}>
              Cancel…
            </ActionButton>
          )}
          {isOpen && (
            <ActionButton danger onAct={() => ask("reset")}>
              Reset…
            </ActionButton>
          )}
        </div>
      )}
      {asked?.to === "queue" && <QueueDialog meant={asked.meant} onClose={close} />}
      {asked?.to === "clear" && <ClearQueueDialog meant={asked.meant} onClose={close} />}
      {asked?.to === "pause" && <PauseDialog meant={asked.meant} onClose={close} />}
      {asked?.to === "cancel" && <CancelDialog meant={asked.meant} onClose={close} />}
      {asked?.to === "reset" && <ResetDialog meant={asked.meant} onClose={close} />}
    </>
  );
}

interface Props {
  meant: RunView;
  onClose(): void;
}

function PauseDialog({ meant, onClose }: Props) {
  const [reason, setReason] = useState("");
  useWhileShown(meant, onClose);
  return (
    <Confirm title={`Pause ${meant.run}?`} verb="Pause" act={() => pauseRun(meant, reason.trim())} onClose={onClose}>
      <p>
        What is being built for <strong>{meant.target}</strong> is finished. Nothing new of this run starts until you
        resume.
      </p>
      <label>
        Why (others see it)
        <input value={reason} onInput={(event) => setReason(event.currentTarget.value)} maxlength={200} />
      </label>
    </Confirm>
  );
}

function CancelDialog({ meant, onClose }: Props) {
  useWhileShown(meant, onClose);
  return (
    <Confirm title={`Cancel ${meant.run}?`} verb="Cancel the run" danger act={() => cancelRun(meant)} onClose={onClose}>
      <p>
        The builds of this run for <strong>{meant.target}</strong> are stopped and nothing of it is published.{" "}
        {count(meant.counts.received, "finished package")} will have to be built again.
        {meant.queued && ` A run begins after it with what is queued: ${queuedWords(meant.queued)}.`}
      </p>
    </Confirm>
  );
}

function ResetDialog({ meant, onClose }: Props) {
  useWhileShown(meant, onClose);
  return (
    <Confirm title={`Reset ${meant.run}?`} verb="Reset" danger act={() => resetRun(meant)} onClose={onClose}>
      <p>
        The run for <strong>{meant.target}</strong> is cancelled, also where it is stuck, and everything that it built
        and did not publish is thrown away{meant.queued && `, as is what is queued: ${queuedWords(meant.queued)}`}.
      </p>
    </Confirm>
  );
}
