import type { FailedAnswer } from "../../../model/answers.ts";
import type { FailedAttempt } from "../../../model/logs.ts";
import { count } from "../../../model/words.ts";
import { run } from "../state/live.ts";
import { useResource } from "../state/resource.ts";
import { href, packageHref, refine, route } from "../state/router.ts";
import { address, get } from "../wire/request.ts";
import { Ago, Card, Chip, Empty, Problem } from "./common.tsx";
import { MoreErrorLines, plain } from "./errorLines.tsx";

const SHOWN = 200;

interface Props {
  target: string;
  id: string;
  /** Another one: something may have failed since. */
  version: string;
}

/** What failed in a run, by the phase that it failed in, each with its error line and those around it. */
export function FailedBuilds({ target, id, version }: Props) {
  const { query } = route.value;
  const phase = query.get("phase");
  const path = ["runs", target, "failed"];
  const all = { run: id, limit: 1, seen: version };
  const some = { run: id, phase, limit: SHOWN, seen: version };
  const ask = (query: typeof some | typeof all) => (signal: AbortSignal) =>
    get<FailedAnswer>(address(path, query), signal);
  const phases = useResource(`phases ${target} ${id}`, ask(all), version);
  const { data, error, reload } = useResource(`failed ${target} ${id} ${phase}`, ask(some), version);
  const known = phases.data?.phases ?? [];
  return (
    <Card
      title="Failed builds"
      aside={
        known.length > 0 && (
          <label>
            <span class="visually-hidden">Phase</span>
            <select
              value={phase ?? ""}
              onChange={(event) => refine({ ...Object.fromEntries(query), phase: event.currentTarget.value || null })}
            >
              <option value="">All phases ({phases.data?.total})</option>
              {known.flatMap((one) =>
                one.phase === null ? (
                  []
                ) : (
                  <option key={one.phase} value={one.phase}>
                    {one.phase} ({one.count})
                  </option>
                ),
              )}
            </select>
          </label>
        )
      }
    >
      {error !== null && <Problem text={error} onRetry={reload} />}
      {data === null && error === null && <Empty>Looking for what failed…</Empty>}
      {data?.total === 0 && (
        <Empty>{phase === null ? "Nothing failed." : `Nothing failed in its ${phase} phase.`}</Empty>
      )}
      {data && data.total > 0 && (
        <ul class="failures">
          {data.attempts.map((attempt) => (
            <Found key={`${attempt.cpv} ${attempt.attempt}`} id={id} attempt={attempt} />
          ))}
        </ul>
      )}
      {data && data.total > data.attempts.length && (
        <p class="hint">and {count(data.total - data.attempts.length, "more attempt")}</p>
      )}
    </Card>
  );
}

function Found({ id, attempt }: { id: string; attempt: FailedAttempt }) {
  const { cpv, attempt: number, drone, phase, errorLine, message, around = [], endedAt } = attempt;
  const isShown = run.value?.run === id;
  const place = isShown
    ? packageHref(cpv, { log: String(number) })
    : href("logs", [id, ...cpv.split("/"), String(number)]);
  const said = errorLine ?? message;
  return (
    <li>
      <p class="failures-head">
        <a href={place}>
          {cpv}
          <span class="visually-hidden"> log of attempt {number}</span>
        </a>
        <Chip tone="bad">{phase ?? attempt.class ?? "failed"}</Chip>
        <span class="muted">
          attempt {number}
          {drone && ` on ${drone}`}
          {endedAt !== undefined && (
            <>
              , <Ago at={endedAt} />
            </>
          )}
        </span>
      </p>
      {said && <p class="error-line">{plain(said)}</p>}
      {around.length > 0 && <MoreErrorLines lines={around} errorLine={errorLine} of={`${cpv}, attempt ${number}`} />}
    </li>
  );
}
