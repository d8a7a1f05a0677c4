import { useState } from "preact/hooks";
import { RUN_EVENT_KINDS } from "../../../model/events.ts";
import { Alerts } from "../parts/alerts.tsx";
import { Card, EngineLink, Problem } from "../parts/common.tsx";
import { EventList } from "../parts/eventList.tsx";
import { useAllEvents } from "../state/allEvents.ts";
import { events, KEPT_EVENTS, loadEarlierEvents, run } from "../state/live.ts";
import { useResource } from "../state/resource.ts";
import { refine, route } from "../state/router.ts";
import { runWorkflow } from "../wire/workflows.ts";

const STEP = 200;

/** Everything that happened in the run, and what the swarm warns of. */
export function EventsView() {
  const { query } = route.value;
  const kind = RUN_EVENT_KINDS.find((name) => name === query.get("kind")) ?? null;
  const search = (query.get("q") ?? "").toLowerCase();
  const [shown, setShown] = useState(STEP);
  const of = run.value?.run ?? null;
  const { error, reload } = useResource(of === null ? null : `events ${of}`, loadEarlierEvents);
  const { all, isCut, isLoading, error: olderError, load } = useAllEvents(events.value);
  const matching = all.filter(
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
        <EventList events={matching.slice(-shown).toReversed()} isFiltered={kind !== null || search !== ""} />
        {matching.length > shown && (
          <div class="buttons start">
            <button type="button" onClick={() => setShown(shown + 5 * STEP)}>
              Show older ones ({matching.length - shown})
            </button>
          </div>
        )}
        {isCut && (
          <div class="buttons start">
            <button type="button" aria-disabled={isLoading} onClick={load}>
              {isLoading ? "Reading…" : "Load all of them"}
            </button>
            <span class="hint">These are of the last {KEPT_EVENTS.toLocaleString("en")} events of the run.</span>
          </div>
        )}
        {olderError !== null && <Problem text={olderError} onRetry={load} />}
      </Card>
    </>
  );
}
