import { useMemo } from "preact/hooks";
import type { LogsAnswer } from "../../../model/answers.ts";
import type { LogFailure, LogInfo } from "../../../model/logs.ts";
import type { AttemptView, PackageView } from "../../../model/run.ts";
import { bytes, count } from "../../../model/words.ts";
import { Card, Chip, Empty, EngineLink, Problem } from "../parts/common.tsx";
import { plain } from "../parts/errorLines.tsx";
import { FailedBuilds } from "../parts/failedBuilds.tsx";
import { LogView } from "../parts/logView.tsx";
import { RunChooser } from "../parts/runChooser.tsx";
import { VirtualTable } from "../parts/virtualTable.tsx";
import { eachSecond, now } from "../state/clock.ts";
import { packages, run, target } from "../state/live.ts";
import { type Resource, useResource } from "../state/resource.ts";
import { href, refine, route } from "../state/router.ts";
import { address, get, RequestError } from "../wire/request.ts";
import { buildWorkflow } from "../wire/workflows.ts";

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
  const id = query.get("run") ?? current?.run ?? null;
  const known = id === current?.run ? packages.value : NONE;
  const attempts = useMemo(() => attemptsOf(known), [known]);
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
          <FailedBuilds target={name} id={id} version={`${attempts.filter(({ failure }) => failure).length}`} />
          <AllLogs id={id} attempts={attempts} />
        </>
      )}
    </>
  );
}

/** An attempt of the run in progress, as the gateway tells at once. */
interface KnownAttempt extends AttemptView {
  cpv: string;
}

const NONE: ReadonlyMap<string, PackageView> = new Map();

function attemptsOf(known: ReadonlyMap<string, PackageView>): KnownAttempt[] {
  return [...known.values()].flatMap(({ cpv, attempts }) => attempts.map((one) => ({ ...one, cpv })));
}

/** The end of a log comes a moment after its attempt has ended. ms */
const END_WITHIN_MS = 20_000;

/**
 * The logs of a run; none is no error: no build has begun, or they are kept no longer. Asked for anew when an attempt begins or
 * ends, and with `sizes` each second while some grow.
 */
function useLogs(
  id: string,
  query: { package?: string; limit: number },
  attempts: readonly AttemptView[],
  { sizes }: { sizes: boolean },
): Resource<LogsAnswer> {
  const open = attempts.filter(({ endedAt }) => endedAt === undefined).length;
  const last = attempts.reduce((latest, { endedAt = 0 }) => Math.max(latest, endedAt), 0);
  const seen = `${attempts.length} ${open}`;
  const second = eachSecond(sizes && (open > 0 || (last > 0 && now.value < last + END_WITHIN_MS)));
  return useResource(
    address(["logs", id], query),
    (signal) =>
      get<LogsAnswer>(address(["logs", id], { ...query, seen }), signal).catch((error: unknown): LogsAnswer => {
        if (error instanceof RequestError && error.status === 404) return { run: id, total: 0, logs: [] };
        throw error;
      }),
    `${seen} ${second}`,
  );
}

/** A log as it is listed. */
interface Listed {
  cpv: string;
  attempt: number;
  /** Bytes; null: the binhost has not said yet. */
  size: number | null;
  /** null: it did not fail. */
  failed: LogFailure | null;
  isOver: boolean;
}

/** What the binhost has, with what the run says of it: that is told at once, also of thousands. */
function listed(logs: readonly LogInfo[], attempts: readonly KnownAttempt[]): Listed[] {
  const all = new Map<string, Listed>();
  for (const { cpv, attempt, size, failed, complete } of logs) {
    all.set(`${cpv} ${attempt}`, { cpv, attempt, size, failed, isOver: complete });
  }
  for (const { cpv, attempt, endedAt, failure = null } of attempts) {
    const known = all.get(`${cpv} ${attempt}`);
    const isOver = endedAt !== undefined || (known?.isOver ?? false);
    all.set(`${cpv} ${attempt}`, {
      cpv,
      attempt,
      size: known?.size ?? null,
      failed: failure ?? known?.failed ?? null,
      isOver,
    });
  }
  return [...all.values()].sort((a, b) => (a.cpv === b.cpv ? a.attempt - b.attempt : a.cpv < b.cpv ? -1 : 1));
}

function AllLogs({ id, attempts }: { id: string; attempts: readonly KnownAttempt[] }) {
  const { query } = route.value;
  const search = (query.get("q") ?? "").trim().toLowerCase();
  const { data, error, reload } = useLogs(id, { limit: 20_000 }, attempts, { sizes: true });
  const all = useMemo(() => (data ? listed(data.logs, attempts) : null), [data, attempts]);
  const rows = useMemo(() => (all ?? []).filter(({ cpv }) => cpv.toLowerCase().includes(search)), [all, search]);
  return (
    <Card title="All logs" aside={data && <span class="muted">{count(rows.length, "log")}</span>}>
      {error !== null && <Problem text={error} onRetry={reload} />}
      {data === null && error === null && <Empty>Asking the binhost…</Empty>}
      {all?.length === 0 && <Empty>The binhost has no log of {id}: no build has begun, or they were removed.</Empty>}
      {all && all.length > 0 && (
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
                <td class="number">{log.size === null ? "–" : bytes(log.size)}</td>
                <td class={log.failed ? "clip bad-text" : "clip"}>{resultOf(log)}</td>
              </>
            )}
          />
        </>
      )}
    </Card>
  );
}

function resultOf({ failed, isOver }: Listed): string {
  if (failed) return [failed.phase ?? "failed", plain(failed.errorLine ?? "")].filter((part) => part !== "").join(": ");
  return isOver ? "done" : "goes on";
}

/** The page of one log. */
export function logHref(id: string, cpv: string, attempt: number): string {
  return href("logs", [id, ...cpv.split("/"), String(attempt)]);
}

function OneLog({ id, cpv, attempt }: { id: string; cpv: string; attempt: number }) {
  const attempts = (run.value?.run === id ? (packages.value.get(cpv)?.attempts ?? []) : []).map((one) => ({
    ...one,
    cpv,
  }));
  const own = attempts.find((one) => one.attempt === attempt);
  const { data } = useLogs(id, { package: cpv, limit: 1_000 }, attempts, { sizes: false });
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
        <EngineLink workflow={buildWorkflow(id, cpv, attempt)} what={`Attempt ${attempt} of ${cpv}`} />
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
        errorLine={failed?.errorLine}
      />
    </>
  );
}
