import { useEffect } from "preact/hooks";
import type { Neighbour, PackageAnswer } from "../../../model/answers.ts";
import type { BuildFailure } from "../../../model/failures.ts";
import type { AttemptView } from "../../../model/run.ts";
import { count, duration, timestamp } from "../../../model/words.ts";
import { ActionButton, attempt as tryTo } from "../parts/actions.tsx";
import {
  Card,
  Chip,
  Empty,
  Heads,
  OutsideLink,
  PackageLink,
  Problem,
  Since,
  StateChip,
  Table,
} from "../parts/common.tsx";
import { ErrorLines } from "../parts/errorLines.tsx";
import { goToLog, LogView } from "../parts/logView.tsx";
import { prioritize, unblock } from "../parts/operate.ts";
import { nameOf } from "../parts/words.ts";
import { eachSecond } from "../state/clock.ts";
import { droneFacts, packages, run, target } from "../state/live.ts";
import { useResource } from "../state/resource.ts";
import { href, packageHref, route } from "../state/router.ts";
import { address, get } from "../wire/request.ts";

/** One package of the run: what became of it, why it waits, and its log. */
export function PackageView() {
  const { path, query } = route.value;
  const cpv = path.join("/");
  const live = packages.value.get(cpv);
  const name = target.value;
  const current = run.value;
  const goesOn = current !== null && current.endedAt === null;
  const url = name === null ? null : address(["runs", name, "packages", ...path]);
  const ended = live?.attempts.filter((one) => one.endedAt).length;
  const own = `${live?.state} ${live?.cause} ${live?.attempts.length} ${ended}`;
  // Why it waits depends on all the others, the drones and the time.
  const second = eachSecond(live?.state === "needed");
  const { data, error, reload } = useResource(
    url === null ? null : `${url} ${current?.run}`,
    (signal) => get<PackageAnswer>(url ?? "", signal),
    `${current?.step} ${own} ${second} ${droneFacts.value}`,
  );
  const shown = live ?? data;
  const attempts = shown?.attempts ?? [];
  const failed = attempts.findLast((one) => one.failure);
  const failure = failed?.failure;
  const last = attempts.at(-1);
  const asked = Number(query.get("log"));
  const chosen = attempts.find((one) => one.attempt === asked) ?? last;
  const hasLog = chosen !== undefined && current !== null;
  useEffect(() => {
    if (hasLog && query.has("log")) goToLog();
  }, [hasLog, query]);
  return (
    <>
      <nav aria-label="Where this is" class="crumbs">
        <a href={href("packages")}>Packages</a> <span aria-hidden="true">›</span>
      </nav>
      <div class="title">
        <h1 tabIndex={-1}>{cpv}</h1>
        {shown && <StateChip state={shown.state} />}
      </div>
      {shown && (
        <p class="muted under-title">
          {shown.reason}
          {data?.estimateSeconds != null && `. Expected to take ${duration(data.estimateSeconds * 1000)}`}
        </p>
      )}
      <div class="buttons start">
        {goesOn && shown?.state === "needed" && (
          <ActionButton onAct={() => tryTo(() => prioritize(current, [cpv]))}>Put first</ActionButton>
        )}
        {goesOn && shown?.state === "failed" && (
          <ActionButton primary onAct={() => tryTo(() => unblock(current, [cpv]))}>
            Try again
          </ActionButton>
        )}
        <a class="button" href={href("graph", [], { around: cpv })}>
          In the graph
        </a>
        <a class="button" href={href("history", [], { package: nameOf(cpv) })}>
          Earlier builds
        </a>
      </div>
      {error !== null && <Problem text={error} onRetry={reload} />}
      {data && shown && (shown.state === "needed" || shown.state === "skipped" || shown.state === "failed") && (
        <Card title={shown.state === "needed" ? "Why it waits" : "Why"}>
          <p>{data.why}</p>
        </Card>
      )}
      {failure && failed && shown?.state !== "received" && <Failure failure={failure} attempt={failed} />}
      {attempts.length > 0 && <Attempts cpv={cpv} attempts={attempts} workflows={data?.workflows ?? []} />}
      {chosen && current && (
        <LogView
          key={`${current.run} ${cpv} ${chosen.attempt}`}
          run={current.run}
          cpv={cpv}
          attempt={chosen.attempt}
          isRunning={chosen.endedAt === undefined}
          errorLine={chosen.failure?.errorLine}
        />
      )}
      {data && (
        <div class="columns even">
          <Neighbours title="Needs" names={data.needs} />
          <Neighbours title="Needed by" names={data.neededBy} />
        </div>
      )}
      {shown && attempts.length === 0 && <Empty>It was not begun yet: there is no log.</Empty>}
    </>
  );
}

function Failure({ failure, attempt }: { failure: BuildFailure; attempt: AttemptView }) {
  const { message, phase, errorLine } = failure;
  const lines = failure.around ?? failure.logTail ?? [];
  return (
    <section class="card failure" aria-labelledby="failure">
      <header>
        <h2 id="failure">What failed</h2>
        <Chip tone="bad">{failure.class}</Chip>
        <span class="muted">
          attempt {attempt.attempt} on {attempt.drone}
          {phase ? `, ${phase} phase` : ""}
        </span>
      </header>
      <p class="situation bad-text">{message}</p>
      {lines.length > 0 && <ErrorLines lines={lines} errorLine={errorLine} />}
    </section>
  );
}

function Attempts({
  cpv,
  attempts,
  workflows,
}: {
  cpv: string;
  attempts: AttemptView[];
  workflows: PackageAnswer["workflows"];
}) {
  return (
    <Card title="Attempts">
      <Table label="Attempts">
        <Heads of={["No.", "Drone", "Jobs", "Begun", "Took", "Result", "More"]} />
        <tbody>
          {attempts.toReversed().map((one) => {
            const url = workflows.find(({ attempt }) => attempt === one.attempt)?.url ?? null;
            return (
              <tr key={one.attempt}>
                <td class="number">{one.attempt}</td>
                <td>{one.drone}</td>
                <td class="number">{one.jobs}</td>
                <td class="number">{timestamp(one.startedAt)}</td>
                <td class="number">
                  {one.endedAt === undefined ? <Since at={one.startedAt} /> : duration(one.endedAt - one.startedAt)}
                </td>
                <td>{resultOf(one)}</td>
                <td>
                  <span class="links">
                    {/* Where its address is the page's already, nothing else would happen. */}
                    <a href={packageHref(cpv, { log: String(one.attempt) })} onClick={goToLog}>
                      Log<span class="visually-hidden"> of attempt {one.attempt}</span>
                    </a>
                    {url !== null && <OutsideLink href={url} label={`Attempt ${one.attempt}`} />}
                  </span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </Table>
    </Card>
  );
}

function resultOf({ endedAt, failure, supersededBy, copyOf }: AttemptView) {
  if (failure) return <span class="bad-text">{failure.message}</span>;
  if (supersededBy !== undefined) return `given up for attempt ${supersededBy}`;
  if (endedAt === undefined) return copyOf === undefined ? "building" : `building beside attempt ${copyOf}`;
  return "done";
}

const SHOWN = 24;

function Neighbours({ title, names }: { title: string; names: Neighbour[] }) {
  return (
    <Card title={`${title} (${names.length})`}>
      {names.length === 0 && <Empty>Nothing that is built in this run.</Empty>}
      <ul class="rows">
        {names.slice(0, SHOWN).map(({ cpv, state }) => (
          <li key={cpv}>
            <PackageLink cpv={cpv} />
            <StateChip state={packages.value.get(cpv)?.state ?? state} />
          </li>
        ))}
      </ul>
      {names.length > SHOWN && <p class="muted">and {count(names.length - SHOWN, "more package")}</p>}
    </Card>
  );
}
