import { useState } from "preact/hooks";
import type { HistoryAnswer } from "../../../model/answers.ts";
import type { HistorySummary } from "../../../model/history.ts";
import { bytes, count, duration, timestamp } from "../../../model/words.ts";
import { Card, Empty, EngineLink, Heads, Problem, Table } from "../parts/common.tsx";
import { HistoryChart, took } from "../parts/historyChart.tsx";
import { PastRuns } from "../parts/pastRuns.tsx";
import { revisionOf } from "../state/clock.ts";
import { state } from "../state/live.ts";
import { useResource } from "../state/resource.ts";
import { href, route } from "../state/router.ts";
import { address, get } from "../wire/request.ts";
import { buildWorkflow } from "../wire/workflows.ts";

/** How long builds take, and how often they fail. */
export function HistoryView() {
  const name = route.value.query.get("package");
  return (
    <>
      <div class="title">
        <h1 tabIndex={-1}>History</h1>
        {name !== null && <a href={href("history")}>All packages</a>}
      </div>
      <Finder key={name} name={name ?? ""} />
      {name === null ? (
        <>
          <Summary />
          <PastRuns />
        </>
      ) : (
        <OfPackage name={name} />
      )}
    </>
  );
}

function Finder({ name }: { name: string }) {
  const [text, setText] = useState(name);
  return (
    <search class="filters">
      <form
        class="inline grow"
        onSubmit={(event) => {
          event.preventDefault();
          location.hash = href("history", [], { package: text.trim() || null });
        }}
      >
        <label class="grow">
          <span class="visually-hidden">Package</span>
          <input
            type="search"
            placeholder="Package: category/name or name"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <button type="submit">Show</button>
      </form>
    </search>
  );
}

/** What the gateway has told of the history; null: nothing yet. */
function seenNow(): string | null {
  const told = state.value;
  return told && revisionOf(told.reading.historyRevision);
}

function OfPackage({ name }: { name: string }) {
  const seen = seenNow();
  const { data, error, reload } = useResource(
    seen && `history ${name}`,
    (signal) => get<HistoryAnswer>(address(["history"], { package: name, limit: 200, seen }), signal),
    seen ?? "",
  );
  if (error !== null) return <Problem text={error} onRetry={reload} />;
  if (data === null) return <Empty>Asking the binhost…</Empty>;
  const { attempts, total } = data;
  if (attempts.length === 0) return <Empty>No build of {name} is recorded.</Empty>;
  return (
    <>
      <Card
        title={name}
        aside={
          <span class="muted">
            {total > attempts.length
              ? `the last ${attempts.length} of ${count(total, "attempt")}`
              : count(total, "attempt")}
          </span>
        }
      >
        <HistoryChart attempts={attempts} />
      </Card>
      <Card title="Attempts">
        <Table label={`Attempts to build ${name}`}>
          <Heads of={["Package", "Ended", "Drone", "Jobs", "Took", "Memory", "Result", "More"]} />
          <tbody>
            {attempts.map((one) => (
              <tr key={`${one.run} ${one.cpv} ${one.attempt}`}>
                <td>{one.cpv}</td>
                <td class="number">{timestamp(one.endedAt)}</td>
                <td>{one.drone}</td>
                <td class="number">{one.jobs}</td>
                <td class="number">{duration(took(one) * 1000)}</td>
                <td class="number">{one.peakMemoryBytes ? bytes(one.peakMemoryBytes) : "–"}</td>
                <td class={one.result === "built" ? "" : "bad-text"}>
                  {one.result === "built" ? "built" : `${one.result}${one.message ? `: ${one.message}` : ""}`}
                </td>
                <td>
                  <span class="links">
                    <a href={href("logs", [one.run, ...one.cpv.split("/"), String(one.attempt)])}>
                      Log<span class="visually-hidden"> of attempt {`${one.attempt} of ${one.cpv} in ${one.run}`}</span>
                    </a>
                    <EngineLink
                      workflow={buildWorkflow(one.run, one.cpv, one.attempt)}
                      what={`${one.cpv} of ${one.run}`}
                    />
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      </Card>
    </>
  );
}

function Summary() {
  const seen = seenNow();
  const { data, error, reload } = useResource(
    seen && "history",
    (signal) => get<HistorySummary>(address(["history", "summary"], { seen }), signal),
    seen ?? "",
  );
  if (error !== null) return <Problem text={error} onRetry={reload} />;
  if (data === null) return <Empty>Asking the binhost…</Empty>;
  if (data.attempts === 0) return <Empty>No build is recorded yet.</Empty>;
  const most = Math.max(1, ...data.packages.map(({ totalSeconds }) => totalSeconds));
  return (
    <div class="columns">
      <Card title="Most time" aside={<span class="muted">{count(data.attempts, "attempt")} in all</span>}>
        <Table label="Packages by the time that they took">
          <Heads of={["Package", "All attempts", "Slowest", "Failed"]} />
          <tbody>
            {data.packages.map(({ name, attempts, failures, totalSeconds, slowestSeconds }) => (
              <tr key={name}>
                <td>
                  <a href={href("history", [], { package: name })}>{name}</a>
                </td>
                <td>
                  <Bar part={totalSeconds / most} text={`${duration(totalSeconds * 1000)} in ${attempts}`} />
                </td>
                <td class="number">{slowestSeconds === null ? "–" : duration(slowestSeconds * 1000)}</td>
                <td class={failures > 0 ? "number bad-text" : "number"}>{failures}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      </Card>
      <Card title="Failures by drone">
        <Table label="Failure rates of drones">
          <Heads of={["Drone", "Failed", "Time"]} />
          <tbody>
            {data.drones.map(({ drone, attempts, failures, totalSeconds }) => (
              <tr key={drone}>
                <td>{drone}</td>
                <td>
                  <Bar
                    part={failures / Math.max(1, attempts)}
                    text={`${((100 * failures) / Math.max(1, attempts)).toFixed(1)} % of ${attempts}`}
                    isBad
                  />
                </td>
                <td class="number">{duration(totalSeconds * 1000)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      </Card>
    </div>
  );
}

function Bar({ part, text, isBad = false }: { part: number; text: string; isBad?: boolean }) {
  return (
    <span class="cell-bar">
      <span class="chain-bar" aria-hidden="true">
        <span class={isBad ? "bad" : ""} style={{ width: `${Math.min(100, 100 * part)}%` }} />
      </span>
      {text}
    </span>
  );
}
