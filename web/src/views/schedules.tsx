import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { ScheduleAction, ScheduleView } from "../../../model/schedules.ts";
import { count, duration, zonedTime } from "../../../model/words.ts";
import { ActionButton, attempt, Confirm, WhyOff } from "../parts/actions.tsx";
import { Chip, Empty, EngineScheduleLink, Problem } from "../parts/common.tsx";
import { NewScheduleDialog } from "../parts/newSchedule.tsx";
import { pauseSchedule, removeSchedule, resumeSchedule, triggerSchedule } from "../parts/operate.ts";
import { eachSecond } from "../state/clock.ts";
import { useResource } from "../state/resource.ts";
import { href } from "../state/router.ts";
import { address, get } from "../wire/request.ts";

/** What starts runs by itself: when next, what became of the last times, and the ways to change it. */
export function SchedulesView() {
  const [isAdding, setAdding] = useState(false);
  const { data, error, reload } = useResource(
    "schedules",
    (signal) => get<ScheduleView[]>(address(["schedules"]), signal),
    // Only the engine knows of them: the gateway asks it for all pages that do.
    eachSecond(),
  );
  return (
    <>
      <div class="title">
        <h1 tabIndex={-1}>Schedules</h1>
        <div class="buttons">
          <ActionButton onAct={() => setAdding(true)}>Add a schedule…</ActionButton>
        </div>
      </div>
      <WhyOff />
      {error !== null && <Problem text={error} onRetry={reload} />}
      {data === null && error === null && <Empty>Asking the engine…</Empty>}
      {data?.length === 0 && <Empty>There is none: runs begin when somebody starts them.</Empty>}
      {data && data.length > 0 && (
        <div class="grid">
          {data.map((schedule) => (
            <Schedule key={schedule.name} schedule={schedule} onChange={reload} />
          ))}
        </div>
      )}
      {isAdding && <NewScheduleDialog onAdded={reload} onClose={() => setAdding(false)} />}
    </>
  );
}

interface Props {
  schedule: ScheduleView;
  onChange(): void;
}

function Schedule({ schedule, onChange }: Props) {
  const { name, cron, timezone, order, catchUp, paused, note, next, last, missed } = schedule;
  const heading = `schedule-${name}`;
  return (
    <article class="card" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{name}</h2>
        <EngineScheduleLink name={name} />
        {paused && (
          <Chip tone="warn" sign="‖">
            paused
          </Chip>
        )}
        <Actions schedule={schedule} onChange={onChange} />
      </header>
      {paused && note !== null && <p class="muted">{note}</p>}
      <dl class="facts">
        <Fact name="Times">
          <code>{cron}</code> in {timezone}
        </Fact>
        <Fact name="Builds">
          {order.target}: {order.atoms.join(" ")}
        </Fact>
        <Fact name="Then">
          {order.autoFinalize
            ? `published by itself${order.acceptFailed ? ", also without what failed" : ", unless something failed"}`
            : "waits for finalize"}
        </Fact>
        <Fact name="Missed times">made up for within {duration(catchUp)}</Fact>
      </dl>
      {missed > 0 && <p class="bad-text">{count(missed, "time")} were too old to be made up for.</p>}
      <h3>Next</h3>
      {next.length === 0 && <p class="muted">{paused ? "None before it is resumed." : "None."}</p>}
      <ol class="plain times">
        {next.map((time) => (
          <li key={time}>
            <time dateTime={new Date(time).toISOString()}>{zonedTime(time, timezone)}</time>
          </li>
        ))}
      </ol>
      <h3>Last</h3>
      {last.length === 0 && <p class="muted">It has not come to a time yet.</p>}
      <ol class="plain times">
        {last.map((action) => (
          <li key={action.at}>
            <time dateTime={new Date(action.at).toISOString()}>{zonedTime(action.at, timezone)}</time>{" "}
            <Outcome action={action} />
          </li>
        ))}
      </ol>
    </article>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const TONES = { starting: "name", started: "good", skipped: "warn", failed: "bad", forgotten: "faint" } as const;
const SIGNS = { starting: "…", started: "✓", skipped: "–", failed: "✗", forgotten: "?" } as const;

function Outcome({ action: { outcome, run: id, reason } }: { action: ScheduleAction }) {
  return (
    <>
      <Chip tone={TONES[outcome]} sign={SIGNS[outcome]}>
        {outcome}
      </Chip>{" "}
      {id !== null && <a href={href("timeline", [], { run: id })}>{id}</a>}
      {reason !== null && <span class="muted">{reason}</span>}
    </>
  );
}

function Actions({ schedule: { name, paused, order }, onChange }: Props) {
  const [asked, setAsked] = useState<"pause" | "trigger" | "remove" | null>(null);
  const [note, setNote] = useState("");
  const close = () => setAsked(null);
  const then = async (work: Promise<string>): Promise<string> => {
    try {
      return await work;
    } finally {
      onChange();
    }
  };
  return (
    <div class="buttons">
      {paused ? (
        <ActionButton label={`Resume ${name}`} onAct={() => attempt(() => then(resumeSchedule(name)))}>
          Resume
        </ActionButton>
      ) : (
        <ActionButton label={`Pause ${name}`} onAct={() => setAsked("pause")}>
          Pause…
        </ActionButton>
      )}
      <ActionButton label={`Start now: ${name}`} onAct={() => setAsked("trigger")}>
        Start now…
      </ActionButton>
      <ActionButton danger label={`Remove ${name}`} onAct={() => setAsked("remove")}>
        Remove…
      </ActionButton>
      {asked === "pause" && (
        <Confirm
          title={`Pause ${name}?`}
          verb="Pause"
          act={() => then(pauseSchedule(name, note.trim()))}
          onClose={close}
        >
          <p>It starts nothing until you resume it. A run that it has started goes on.</p>
          <label>
            Why (others see it)
            <input value={note} onInput={(event) => setNote(event.currentTarget.value)} maxLength={200} />
          </label>
        </Confirm>
      )}
      {asked === "trigger" && (
        <Confirm title={`Start ${name} now?`} verb="Start" act={() => then(triggerSchedule(name))} onClose={close}>
          <p>
            A run of <strong>{order.target}</strong> begins at once, beside the schedule's own times; unless one is in
            progress.
          </p>
        </Confirm>
      )}
      {asked === "remove" && (
        <Confirm title={`Remove ${name}?`} verb="Remove" danger act={() => then(removeSchedule(name))} onClose={close}>
          <p>It never starts anything again. A run that it has started goes on.</p>
        </Confirm>
      )}
    </div>
  );
}
