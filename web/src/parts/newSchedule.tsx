import { useId, useState } from "preact/hooks";
import { atomsIn } from "../lib/atoms.ts";
import { state, target } from "../state/live.ts";
import { Confirm } from "./actions.tsx";
import { addSchedule } from "./operate.ts";

const HOUR_MS = 3_600_000;

interface Props {
  onAdded(): void;
  onClose(): void;
}

/** Asks for what a schedule needs, and adds it. What is wrong with it the gateway says. */
export function NewScheduleDialog({ onAdded, onClose }: Props) {
  const [name, setName] = useState("nightly");
  const [cron, setCron] = useState("0 2 * * *");
  const [timezone, setTimezone] = useState(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [of, setOf] = useState(target.value ?? "");
  const [atoms, setAtoms] = useState("@world");
  const [hours, setHours] = useState(1);
  const [autoFinalize, setAutoFinalize] = useState(false);
  const [acceptFailed, setAcceptFailed] = useState(false);
  const zones = useId();
  const help = useId();
  const targets = state.value?.reading.targets ?? [];
  const add = async (): Promise<string> => {
    const named = atomsIn(atoms);
    const said = await addSchedule({
      ...{ name: name.trim(), cron: cron.trim(), timezone: timezone.trim() },
      ...(of === "" ? {} : { target: of }),
      ...(named.length > 0 ? { atoms: named } : {}),
      ...{ autoFinalize, acceptFailed: autoFinalize && acceptFailed, catchUp: Math.round(hours * HOUR_MS) },
    });
    onAdded();
    return said;
  };
  return (
    <Confirm title="Add a schedule" verb="Add" act={add} onClose={onClose}>
      <label>
        Name
        <input value={name} onInput={(event) => setName(event.currentTarget.value)} maxLength={63} required />
      </label>
      <label>
        Times
        <input
          value={cron}
          onInput={(event) => setCron(event.currentTarget.value)}
          maxLength={200}
          required
          aria-describedby={help}
        />
      </label>
      <p id={help} class="hint">
        Minute, hour, day of month, month, day of week, as in a crontab: <code>0 2 * * 6</code> is Saturdays at two.
      </p>
      <label>
        Time zone
        <input
          value={timezone}
          onInput={(event) => setTimezone(event.currentTarget.value)}
          maxLength={100}
          required
          list={zones}
        />
      </label>
      <datalist id={zones}>
        {Intl.supportedValuesOf("timeZone").map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      {targets.length > 1 && (
        <label>
          Target
          <select value={of} onChange={(event) => setOf(event.currentTarget.value)}>
            {targets.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        What is updated
        <input value={atoms} onInput={(event) => setAtoms(event.currentTarget.value)} maxLength={10_000} />
      </label>
      <label>
        Missed times are made up for within (hours)
        <input
          type="number"
          min={1}
          max={8760}
          value={hours}
          onInput={(event) => setHours(Number(event.currentTarget.value))}
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={autoFinalize}
          onChange={(event) => setAutoFinalize(event.currentTarget.checked)}
        />
        Publish by itself when everything was built
      </label>
      {autoFinalize && (
        <label class="check">
          <input
            type="checkbox"
            checked={acceptFailed}
            onChange={(event) => setAcceptFailed(event.currentTarget.checked)}
          />
          … also without what failed
        </label>
      )}
    </Confirm>
  );
}
