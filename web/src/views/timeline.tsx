import { useMemo } from "preact/hooks";
import { barsOf } from "../../../model/bars.ts";
import type { PackageView } from "../../../model/run.ts";
import type { Bar, Timeline } from "../../../model/timeline.ts";
import { duration } from "../../../model/words.ts";
import { Card, Empty, EngineLink, Heads, Problem, Table } from "../parts/common.tsx";
import { PastRunLink, RunChooser, useRuns } from "../parts/runChooser.tsx";
import { type Place, TimelineChart } from "../parts/timelineChart.tsx";
import { nameOf, RESULT_WORDS } from "../parts/words.ts";
import { now } from "../state/clock.ts";
import { useCritical } from "../state/critical.ts";
import { packages, run, target } from "../state/live.ts";
import { useResource } from "../state/resource.ts";
import { href, packageHref, route } from "../state/router.ts";
import { address, get } from "../wire/request.ts";
import { runWorkflow } from "../wire/workflows.ts";

/** What each drone built, and when; of this run or of one before. */
export function TimelineView() {
  const asked = route.value.query.get("run");
  const view = run.value;
  const isLive = asked === null || asked === view?.run;
  const runs = useRuns();
  return (
    <>
      <div class="title">
        <h1 tabIndex={-1}>Timeline</h1>
        <RunChooser chosen={asked ?? view?.run ?? null} />
        {view && isLive && <EngineLink workflow={runWorkflow(view.target)} what="The run" />}
        {asked !== null && !isLive && <PastRunLink id={asked} runs={runs} />}
      </div>
      {asked === null || isLive ? <LiveTimeline known={packages.value} /> : <PastTimeline id={asked} />}
    </>
  );
}

function LiveTimeline({ known }: { known: ReadonlyMap<string, PackageView> }) {
  const view = run.value;
  const { data } = useCritical();
  const endedAt = view?.endedAt ?? null;
  const bars = useMemo(() => {
    return barsOf(known.values(), { critical: new Set(data?.critical), endedAt });
  }, [data, known, endedAt]);
  const partners = view?.drones;
  const drones = useMemo(
    () => [...new Set([...(partners ?? []).map((drone) => drone.name), ...bars.map(({ drone }) => drone)])].sort(),
    [partners, bars],
  );
  if (view === null) return <Empty>There was no run yet.</Empty>;
  if (bars.length === 0) return <Empty>No build has begun yet.</Empty>;
  const from = bars.reduce((first, { start }) => Math.min(first, start), now.value);
  const end = view.endedAt ?? nextStep(now.value, from);
  const last = bars.reduce((latest, bar) => Math.max(latest, bar.end ?? end), from);
  return <Chart id={view.run} bars={bars} drones={drones} from={from} to={last} now={end} place={LIVE_PLACE} />;
}

function PastTimeline({ id }: { id: string }) {
  const name = target.value;
  const url = name === null ? null : address(["runs", name, "timeline"], { run: id });
  const { data, error, reload } = useResource(url, (signal) => get<Timeline>(url ?? "", signal));
  if (error !== null) return <Problem text={error} onRetry={reload} />;
  if (data === null) return <Empty>Reading what the engine remembers of {id}…</Empty>;
  if (data.bars.length === 0) return <Empty>Nothing was built in this run.</Empty>;
  const { bars, drones, from, to } = data;
  return <Chart id={id} bars={bars} drones={drones} from={from} to={to} now={to} place={PAST_PLACE} />;
}

const LIVE_PLACE: Place = { hrefOf: (cpv) => packageHref(cpv), what: "the package" };
/** A package's page is about the current run: of a run before only the history tells. */
const PAST_PLACE: Place = {
  hrefOf: (cpv) => href("history", [], { package: nameOf(cpv) }),
  what: "the package's history",
};

interface ChartProps {
  id: string;
  bars: readonly Bar[];
  drones: readonly string[];
  from: number;
  to: number;
  now: number;
  place: Place;
}

function Chart({ id, bars, drones, from, to, now: end, place }: ChartProps) {
  const whole = useMemo(() => ({ from, to: Math.max(to, from + 1_000) }), [from, to]);
  return (
    <>
      <section class="card">
        <TimelineChart run={id} bars={bars} drones={drones} whole={whole} now={end} place={place} />
      </section>
      <Longest bars={bars} now={end} place={place} />
    </>
  );
}

/** The same in words, for those who cannot use a picture. */
function Longest({ bars, now: end, place }: { bars: readonly Bar[]; now: number; place: Place }) {
  const longest = useMemo(() => bars.toSorted((a, b) => took(b, end) - took(a, end)).slice(0, 30), [bars, end]);
  return (
    <Card title="Longest builds">
      <Table label="Longest builds">
        <Heads of={["Package", "Drone", "Took", "Result", "Critical"]} />
        <tbody>
          {longest.map((bar) => (
            <tr key={`${bar.cpv} ${bar.attempt}`}>
              <td>
                <a href={place.hrefOf(bar.cpv)}>{bar.cpv}</a>
              </td>
              <td>{bar.drone}</td>
              <td class="number">{duration(took(bar, end))}</td>
              <td class={bar.result === "failed" ? "bad-text" : ""}>{RESULT_WORDS[bar.result]}</td>
              <td>{bar.critical ? "yes" : ""}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </Card>
  );
}

/** The end of a picture that grows: it is drawn anew only when it would look different. ms */
function nextStep(time: number, from: number): number {
  const step = Math.max(1_000, 2 ** Math.ceil(Math.log2((time - from) / 500 + 1)));
  return Math.ceil(time / step) * step;
}

function took(bar: Bar, now: number): number {
  return (bar.end ?? now) - bar.start;
}
