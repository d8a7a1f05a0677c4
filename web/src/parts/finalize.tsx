import { useState } from "preact/hooks";
import type { FinalizePreview } from "../../../model/finalize.ts";
import { bytes, count } from "../../../model/words.ts";
import { state } from "../state/live.ts";
import { useResource } from "../state/resource.ts";
import { address, get } from "../wire/request.ts";
import { Confirm, useWhileShown } from "./actions.tsx";
import { Dialog } from "./dialog.tsx";
import { finalize, type RunRef } from "./operate.ts";

/** Shows what would be published, and publishes it. */
export function FinalizeDialog({ meant, onClose }: { meant: RunRef; onClose(): void }) {
  const { target: name, run } = meant;
  const { reading } = state.value ?? {};
  const seen = JSON.stringify([run, reading?.run?.step, reading?.run?.counts, reading?.snapshots?.[name]]);
  const { data, error } = useResource(
    run,
    async (signal) => {
      const preview = await get<FinalizePreview>(address(["runs", name, "finalize"], { seen }), signal);
      if (preview.run !== run) throw new Error(`${name} has another run by now, ${preview.run}. Look at it first.`);
      return preview;
    },
    seen,
  );
  useWhileShown(meant, onClose);
  const [acceptFailed, setAcceptFailed] = useState(false);
  if (data === null) {
    return (
      <Dialog title={`Publish ${run}?`} onClose={onClose}>
        {error === null ? <p>Looking at what would be published…</p> : <p class="problem">{error}</p>}
      </Dialog>
    );
  }
  const { added, changed, failed, skipped, risk, words, refusal } = data;
  const mustAccept = failed.length > 0;
  const contents = (
    <>
      <p>
        Clients of <strong>{name}</strong> get what {run} has built: {count(added.length, "new package")} and{" "}
        {count(changed.length, "changed one")} ({bytes(data.bytes)}), all at once. It can be rolled back.
      </p>
      <Names title="New" names={added} />
      <Names title="Changed" names={changed} />
      <Names title="Failed" names={failed} isOpen />
      <Names title="Skipped because of that" names={skipped} />
    </>
  );
  // That packages failed is what is asked about.
  if (refusal !== null && (risk === "do not" || !mustAccept)) {
    return (
      <Dialog title="It cannot be published" onClose={onClose}>
        <p class="problem">{refusal}</p>
        {contents}
      </Dialog>
    );
  }
  return (
    <Confirm
      title={`Publish ${run}?`}
      verb="Publish"
      act={async () => {
        if (mustAccept && !acceptFailed) throw new Error("Say first that it shall be published without what failed.");
        return await finalize(meant, acceptFailed);
      }}
      onClose={onClose}
    >
      {contents}
      <p class="muted">{words.join(" ")}</p>
      {mustAccept && (
        <label class="check">
          <input
            type="checkbox"
            checked={acceptFailed}
            onChange={(event) => setAcceptFailed(event.currentTarget.checked)}
          />
          Publish without {count(failed.length + skipped.length, "package")} that could not be built
        </label>
      )}
    </Confirm>
  );
}

const SHOWN = 200;

function Names({ title, names, isOpen = false }: { title: string; names: string[]; isOpen?: boolean }) {
  if (names.length === 0) return null;
  return (
    <details open={isOpen || names.length <= 12}>
      <summary>
        {title} ({names.length})
      </summary>
      <ul class="names">
        {names.slice(0, SHOWN).map((cpv) => (
          <li key={cpv}>{cpv}</li>
        ))}
        {names.length > SHOWN && <li class="muted">and {names.length - SHOWN} more</li>}
      </ul>
    </details>
  );
}
