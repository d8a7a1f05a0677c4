import { STEP_WORDS, type Tone } from "../../../model/marks.ts";
import { RUN_STEPS, type RunRecord, type RunView } from "../../../model/run.ts";
import { duration, timestamp } from "../../../model/words.ts";
import { now } from "../state/clock.ts";
import { run, target } from "../state/live.ts";
import { useResource } from "../state/resource.ts";
import { href } from "../state/router.ts";
import { address, get } from "../wire/request.ts";
import { Card, Chip, Empty, Heads, Problem, Table } from "./common.tsx";
import { PastRunLink } from "./runChooser.tsx";

/** The runs that the engine still knows, with the way to their logs and their timeline. */
export function PastRuns() {
  const name = target.value;
  const view = run.value;
  const seen = `${view?.run} ${view?.step} ${view?.endedAt}`;
  const {
    data: listed,
    error,
    reload,
  } = useResource(
    `runs ${name}`,
    (signal) => get<RunRecord[]>(address(["runs"], { target: name, seen }), signal),
    seen,
  );
  const data = listed && view ? withShown(listed, view) : listed;
  return (
    <Card title="Runs">
      {error !== null && <Problem text={error} onRetry={reload} />}
      {data === null && error === null && <Empty>Asking the engine…</Empty>}
      {data?.length === 0 && <Empty>The engine knows no run{name === null ? "" : ` of ${name}`}.</Empty>}
      {data && data.length > 0 && (
        <Table label="Runs">
          <Heads of={["Run", "Begun", "Took", "By", "Now", "More"]} />
          <tbody>
            {data.map((one) => (
              <tr key={one.executionId}>
                <td>{one.run}</td>
                <td class="number">{timestamp(one.startedAt)}</td>
                <td class="number">{duration((one.endedAt ?? now.value) - one.startedAt)}</td>
                <td>{one.startedBy ?? "–"}</td>
                <td>
                  <State run={one} />
                </td>
                <td>
                  <span class="links">
                    <a href={href("logs", [], { run: one.run })}>
                      Logs<span class="visually-hidden"> of {one.run}</span>
                    </a>
                    <a href={href("timeline", [], { run: one.run })}>
                      Timeline<span class="visually-hidden"> of {one.run}</span>
                    </a>
                    <PastRunLink id={one.run} runs={listed} />
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Card>
  );
}

/** The engine's list of runs comes a moment after them: of the one that is shown the page knows better. */
function withShown(
  runs: readonly RunRecord[],
  { run: id, target: of, step, startedAt, endedAt }: RunView,
): RunRecord[] {
  if (runs.some((one) => one.run === id)) return runs.map((one) => (one.run === id ? { ...one, step, endedAt } : one));
  const own = { run: id, target: of, step, startedAt, endedAt, status: "RUNNING", startedBy: null, executionId: id };
  return [own, ...runs];
}

function State({ run: { status, step: said } }: { run: RunRecord }) {
  const step = RUN_STEPS.find((name) => name === said);
  const isCut = status !== "RUNNING" && status !== "COMPLETED";
  const [word, tone]: readonly [string, Tone] =
    isCut || step === undefined ? [status.toLowerCase(), isCut ? "bad" : "name"] : STEP_WORDS[step];
  return <Chip tone={tone}>{word}</Chip>;
}
