import type { AttemptView, RunView } from "../../model/run.ts";
import type { PackageRecords } from "./records.ts";

/** Failed packages whose lines around the error a view carries: the last ones. Each is asked for by itself as well. */
const WITH_LINES = 20;
/** Characters of these lines in all: a view is read every second. */
const LINES_LENGTH = 64 * 1024;

/** The packages that failed, in the graph's order, each with its last failure. */
export function failedView(records: PackageRecords): RunView["failed"] {
  const failed = records.in("failed").map((index) => {
    const failures = records.at(index).attempts.filter((attempt) => attempt.failure);
    return { cpv: records.cpv(index), failures, last: failures.at(-1) };
  });
  const shown = withLines(failed.flatMap(({ last }) => last ?? []));
  return failed.map(({ cpv, failures, last }) => {
    const { message = "failed", phase, errorLine, around } = last?.failure ?? {};
    return {
      cpv,
      message,
      drones: [...new Set(failures.map(({ drone }) => drone))],
      ...(last?.endedAt === undefined ? {} : { failedAt: last.endedAt }),
      ...(phase === undefined ? {} : { phase }),
      ...(errorLine === undefined ? {} : { errorLine }),
      ...(last && shown.has(last) && around ? { around } : {}),
    };
  });
}

/** The attempts that ended last, as many as there is room for. */
function withLines(attempts: readonly AttemptView[]): Set<AttemptView> {
  const shown = new Set<AttemptView>();
  let left = LINES_LENGTH;
  for (const attempt of attempts.toSorted((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0)).slice(0, WITH_LINES)) {
    left -= attempt.failure?.around?.reduce((sum, line) => sum + line.length, 0) ?? 0;
    if (left < 0) break;
    shown.add(attempt);
  }
  return shown;
}
