import type { ForecastAnswer } from "../../../model/answers.ts";
import { type Forecast, STARTS_AFTER, sizeWords, timeWords } from "../../../model/forecast.ts";
import { count, duration } from "../../../model/words.ts";
import { useResource } from "../state/resource.ts";
import { href } from "../state/router.ts";
import { address, get } from "../wire/request.ts";
import { Card, Empty, Heads, PackageLink, Problem, Table } from "./common.tsx";
import type { RunRef } from "./operate.ts";

/** What a run's plan would take on its drones. */
export function ForecastCard({ meant: { target, run } }: { meant: RunRef }) {
  const { data, error, reload } = useResource(`${target} ${run}`, (signal) =>
    get<ForecastAnswer>(address(["runs", target, "forecast"], { run }), signal),
  );
  return (
    <Card title="Forecast" aside={<a href={href("packages")}>The plan</a>}>
      {data === null && error === null && <Empty>The scheduler is run forward on the drones of the run…</Empty>}
      {error !== null && <Problem text={error} onRetry={reload} />}
      {data !== null && (
        <>
          <p>
            <strong>{sizeWords(data)}</strong>
          </p>
          {timeWords(data).map((line) => (
            <p key={line}>{line}</p>
          ))}
          {data.forecast && <Parts forecast={data.forecast} />}
          {data.notices.length > 0 && (
            <ul class="plain">
              {data.notices.map((notice) => (
                <li key={notice}>{notice}</li>
              ))}
            </ul>
          )}
        </>
      )}
    </Card>
  );
}

/** Builds of the critical path that are listed. */
const LISTED = 200;

function Parts({ forecast: { drones, criticalPath } }: { forecast: Forecast }) {
  return (
    <>
      <Table label="What each drone would build">
        <Heads of={["Drone", "Cores", "Packages", "Busy"]} />
        <tbody>
          {drones.map(({ name, cores, packages, busy }) => (
            <tr key={name}>
              <td>{name}</td>
              <td class="number">{cores}</td>
              <td class="number">{packages}</td>
              <td class="number">{Math.round(100 * busy)} %</td>
            </tr>
          ))}
        </tbody>
      </Table>
      <details>
        <summary>Critical path: {count(criticalPath.length, "build")}, the end of which is the end of all</summary>
        <Table label="The critical path">
          <Heads of={["Package", "Drone", "Jobs", "Start", "Takes", "Starts after"]} />
          <tbody>
            {criticalPath.slice(0, LISTED).map(({ cpv, drone, jobs, start, end, after }) => (
              <tr key={`${cpv} ${start}`}>
                <td>
                  <PackageLink cpv={cpv} />
                </td>
                <td>{drone}</td>
                <td class="number">{jobs}</td>
                <td class="number">{duration(start * 1000)}</td>
                <td class="number">{duration((end - start) * 1000)}</td>
                <td>{STARTS_AFTER[after]}</td>
              </tr>
            ))}
          </tbody>
        </Table>
        {criticalPath.length > LISTED && <p class="muted">and {criticalPath.length - LISTED} more</p>}
      </details>
    </>
  );
}
