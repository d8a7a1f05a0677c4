import { useMemo } from "preact/hooks";
import type { LogsAnswer } from "../../../model/answers.ts";
import type { LogInfo } from "../../../model/logs.ts";
import { bytes, count } from "../../../model/words.ts";
import { Card, Chip, Empty, Problem } from "../parts/common.tsx";
import { plain } from "../parts/errorLines.tsx";
import { FailedBuilds } from "../parts/failedBuilds.tsx";
import { LogView } from "../parts/logView.tsx";
import { RunChooser } from "../parts/runChooser.tsx";
import { VirtualTable } from "../parts/virtualTable.tsx";
import { useMinute } from "../state/clock.ts";
import { packages, run, target } from "../state/live.ts";
import { type Resource, useResource } from "../state/resource.ts";
import { href, refine, route } from "../state/router.ts";
import { address, get, RequestError } from "../wire/request.ts";

/** The logs of a run, of the present or the past: what failed, by phase, and every log that is kept; or one of them. */
export function LogsView() {
  const [id, category, pf, attempt] = route.value.path;
  if (id !== undefined && category !== undefined && pf !== undefined && Number(attempt) >= 1) {
    return <OneLog id={id} cpv={`${category}/${pf}`} attempt={Number(attempt)} />;
  }
  return <OfRun />;
}

function OfRun() {
  const { query } = route.value;
  const current = run.value;
  const name = target.value;
  const minute = useMinute();
  const id = query.get("run") ?? current?.run ?? null;
  // Not with each package that is built: however many look, a minute is soon enough for logs of what went well.
  const version = id === current?.run ? `${current?.counts.failed} ${current?.step} ${minute}` : "";
  return (
    <>
      <div class="title">
        <h1 tabIndex={-1}>Logs</h1>
        <RunChooser chosen={id} />
      </div>
      {id === null || name === null ? (
        <Empty>There was no run yet.</Empty>
      ) : (
        <>
          <FailedBuilds target={name} id={id} version={version} />
          <AllLogs id={id} version={version} />
        </>
      )}
    </>
  );
}

/** The logs of a run; none is no error: no build has begun, or they are kept no longer. */
function useLogs(id: string, query: { package?: string; limit: number }, version: string): Resource<LogsAnswer> {
  const url = address(["logs", id], query);
  return useResource(
    url,
    (signal) =>
      get<LogsAnswer>(url, signal).catch((error: unknown): LogsAnswer => {
        if (error instanceof RequestError && error.status === 404) return { run: id, total: 0, logs: [] };
        throw error;
      }),
    version,
  );
}

function AllLogs({ id, version }: { id: string; version: string }) {
  const { query } = route.value;
  const search = (query.get("q") ?? "").trim().toLowerCase();
  const { data, error, reload } = useLogs(id, { limit: 20_000 }, version);
  const rows = useMemo(
    () => (data?.logs ?? []).filter(({ cpv }) => cpv.toLowerCase().includes(search)),
    [data, search],
  );
  return (
    <Card title="All logs" aside={data && <span class="muted">{count(rows.length, "log")}</span>}>
      {error !== null && <Problem text={error} onRetry={reload} />}
      {data === null && error === null && <Empty>Asking the binhost…</Empty>}
      {data?.total === 0 && <Empty>The binhost has no log of {id}: no build has begun, or they were removed.</Empty>}
      {data && data.total > 0 && (
        <>
          <search class="filters">
            <label class="grow">
              <span class="visually-hidden">Search in the logs' packages</span>
              <input
                type="search"
                placeholder="Package…"
                value={query.get("q") ?? ""}
                onInput={(event) => refine({ ...Object.fromEntries(query), q: event.currentTarget.value || null })}
              />
            </label>
          </search>
          <VirtualTable
            label={`Logs of ${id}`}
            rows={rows}
            keyOf={({ cpv, attempt }) => `${cpv} ${attempt}`}
            head={
              <tr>
                <th scope="col">Package</th>
                <th scope="col" class="attempts">
                  Attempt
                </th>
                <th scope="col" class="time">
                  Size
                </th>
                <th scope="col">Result</th>
              </tr>
            }
            cells={(log) => (
              <>
                <td>
                  <a href={logHref(id, log.cpv, log.attempt)}>{log.cpv}</a>
                </td>
                <td class="number attempts">{log.attempt}</td>
                <td class="number">{bytes(log.size)}</td>
                <td class={log.failed ? "clip bad-text" : "clip"}>{resultOf(log)}</td>
              </>
            )}
          />
        </>
      )}
    </Card>
  );
}

function resultOf({ failed, complete }: LogInfo): string {
  if (failed) return [failed.phase ?? "failed", plain(failed.errorLine ?? "")].filter((part) => part !== "").join(": ");
  return complete ? "done" : "goes on";
}

/** The page of one log. */
export function logHref(id: string, cpv: string, attempt: number): string {
  return href("logs", [id, ...cpv.split("/"), String(attempt)]);
}

function OneLog({ id, cpv, attempt }: { id: string; cpv: string; attempt: number }) {
  const attempts = run.value?.run === id ? (packages.value.get(cpv)?.attempts ?? []) : [];
  const own = attempts.find((one) => one.attempt === attempt);
  const version = `${attempts.length} ${attempts.filter((one) => one.endedAt).length}`;
  const { data } = useLogs(id, { package: cpv, limit: 1_000 }, version);
  // The run knows of a failure as soon as the binhost, which keeps it longer.
  const failed = own?.failure ?? data?.logs.find((log) => log.attempt === attempt)?.failed ?? null;
  const numbers = new Set([...(data?.logs ?? []), ...attempts].map((one) => one.attempt));
  return (
    <>
      <nav aria-label="Where this is" class="crumbs">
        <a href={href("logs", [], { run: id })}>Logs of {id}</a> <span aria-hidden="true">›</span>
      </nav>
      <div class="title">
        <h1 tabIndex={-1}>{cpv}</h1>
        {failed && <Chip tone="bad">failed{failed.phase ? ` in ${failed.phase}` : ""}</Chip>}
      </div>
      {failed?.errorLine && <p class="bad-text under-title">{plain(failed.errorLine)}</p>}
      {numbers.size > 1 && (
        <nav aria-label="Attempts" class="buttons start">
          {[...numbers]
            .sort((a, b) => a - b)
            .map((one) => (
              <a
                key={one}
                class="button"
                href={logHref(id, cpv, one)}
                aria-current={one === attempt ? "page" : undefined}
              >
                Attempt {one}
              </a>
            ))}
        </nav>
      )}
      <LogView
        key={`${id} ${cpv} ${attempt}`}
        run={id}
        cpv={cpv}
        attempt={attempt}
        isRunning={own !== undefined && own.endedAt === undefined}
      />
    </>
  );
}
