import { useComputed } from "@preact/signals";
import { useState } from "preact/hooks";
import { RUN_EVENT_KINDS } from "../../../model/events.ts";
import { Ago, Card, Chip, Empty, EngineLink, Problem } from "../parts/common.tsx";
import { EventList } from "../parts/eventList.tsx";
import { now } from "../state/clock.ts";
import { events, loadEarlierEvents, run } from "../state/live.ts";
import { useResource } from "../state/resource.ts";
import { refine, route } from "../state/router.ts";
import type { Alert } from "../wire/answers.ts";
import { address, get } from "../wire/request.ts";
import { ALERTS_WORKFLOW, runWorkflow } from "../wire/workflows.ts";

const STEP = 200;

/** Everything that happened in the run, and what the swarm warns of. */
export function EventsView() {
  const { query } = route.value;
  const kind = RUN_EVENT_KINDS.find((name) => name === query.get("kind")) ?? null;
  const search = (query.get("q") ?? "").toLowerCase();
  const [shown, setShown] = useState(STEP);
  const of = run.value?.run ?? null;
  const { error, reload } = useResource(of === null ? null : `events ${of}`, loadEarlierEvents);
  const matching = events.value.filter(
    (event) => (kind === null || event.kind === kind) && (search === "" || event.text.toLowerCase().includes(search)),
  );
  return (
    <>
      <div class="title">
        <h1 tabIndex={-1}>Events and alerts</h1>
        {run.value && <EngineLink workflow={runWorkflow(run.value.target)} what="The run" />}
      </div>
      <Alerts />
      <Card title="Events of the run" aside={<span class="muted">{matching.length}</span>}>
        <search class="filters">
          <label>
            <span class="visually-hidden">Kind</span>
            <select
              value={kind ?? ""}
              onChange={(event) => refine({ kind: event.currentTarget.value || null, q: query.get("q") })}
            >
              <option value="">All kinds</option>
              {RUN_EVENT_KINDS.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <label class="grow">
            <span class="visually-hidden">Search</span>
            <input
              type="search"
              placeholder="Package, drone, word…"
              value={query.get("q") ?? ""}
              onInput={(event) => refine({ kind, q: event.currentTarget.value || null })}
            />
          </label>
        </search>
        {error !== null && <Problem text={`What happened earlier is missing. ${error}`} onRetry={reload} />}
        <EventList events={matching.slice(-shown).toReversed()} />
        {matching.length > shown && (
          <div class="buttons start">
            <button type="button" onClick={() => setShown(shown + 5 * STEP)}>
              Show older ones ({matching.length - shown})
            </button>
          </div>
        )}
      </Card>
    </>
  );
}

function Alerts() {
  // By the clock: an alert may begin or end while nothing of the run changes.
  const minute = useComputed(() => Math.floor(now.value / 60_000));
  const { data, error, reload } = useResource(
    "alerts",
    (signal) => get<Alert[]>(address(["alerts"]), signal),
    minute.value,
  );
  return (
    <Card title="Alerts" aside={<EngineLink workflow={ALERTS_WORKFLOW} what="The watch for alerts" />}>
      {error !== null && <Problem text={error} onRetry={reload} />}
      {data?.length === 0 && <Empty>Nothing to worry about.</Empty>}
      {data && data.length > 0 && (
        <ul class="rows">
          {data.map(({ key, severity, title, text, command, since, endedAt }) => (
            <li key={`${key} ${since}`}>
              {endedAt === null ? (
                <Chip tone={severity === "critical" ? "bad" : "warn"} sign="!">
                  {severity}
                </Chip>
              ) : (
                <Chip tone="good" sign="✓">
                  over
                </Chip>
              )}
              <strong>{title}</strong>
              <span>{text}</span>
              {command !== null && endedAt === null && <code class="command">{command}</code>}
              <span class="muted">
                <Ago at={since} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
