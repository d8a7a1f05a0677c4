import type { BuildFailure } from "../model/failures.ts";
import { cleanLine } from "./buildLog.ts";
import { errorExcerpt } from "./errorExcerpt.ts";

/** How the command of a build ended. */
export interface BuildExit {
  exitCode: number | null;
  /** Number of the signal that ended it. */
  signal: number | null;
}

const TAIL = 40;
/** Of the tail, what comes after the line that tells: Portage's own account of the failure is long and says little. */
const AFTER = 10;
const SIGKILL = 9;

const DISK_FULL = /No space left on device/;
const OUT_OF_MEMORY =
  /Killed signal terminated program|(?:cc1\w*|LLVM ERROR): out of memory|[Cc]annot allocate memory|[Mm]emory exhausted|memory allocation of \d+ bytes failed|throwing an instance of 'std::bad_alloc'|fatal error: Killed|\bKilled\b.*\b(cc1|cc1plus|ld|lto1|rustc|clang)\b|Error 137\b/;
const PROVISION = /^!!! provision: (.+)/;
const DIGEST =
  /^!!! (?:Reason: )?(Failed on \S+ verification|Digest verification failed|Fetched file: .+ VERIFY FAILED)/;
const FETCH = /^!!! Couldn't download '([^']+)'|^!!! Fetch failed|Fetch failed for '([^']+)'/;
const DIED = /^ \* ERROR: (\S+?)::(\S+) failed(?: \((\w+) phase\))?:/;
const COMPILER =
  /(?:^|[\s:])(?:fatal )?error: .+|undefined reference to .+|ld: cannot find .+|command not found|No rule to make target .+/;
const REFUSED = /^(?:emerge: |!!! |\* Error: )(.+)/;

/**
 * Why a build failed, from how it ended and the end of its log. In order of blame: what the machine lacked comes before what
 * the package did, since a full disk makes every package look broken.
 */
export function classifyBuild(exit: BuildExit, log: string): BuildFailure {
  const lines = log.split("\n").map(cleanLine);
  while (lines.at(-1) === "") lines.pop();
  const find = (pattern: RegExp): number => lines.findIndex((line) => pattern.test(line));
  const died = find(DIED);
  const phase = died < 0 ? undefined : DIED.exec(lines[died] ?? "")?.[3];
  const failure = (kind: BuildFailure["class"], message: string, at: number): BuildFailure => ({
    class: kind,
    message,
    ...(phase === undefined ? {} : { phase }),
    logTail: around(lines, at),
  });

  const full = find(DISK_FULL);
  if (full >= 0) return failure("infrastructure", "disk full: no space left on the drone's device", full);
  const memory = find(OUT_OF_MEMORY);
  const killed = exit.signal === SIGKILL || exit.exitCode === 128 + SIGKILL;
  if (memory >= 0) return failure("memory", `out of memory: ${(lines[memory] ?? "").trim()}`, memory);
  if (killed) return failure("memory", "killed, most likely for memory (SIGKILL)", lines.length - 1);

  const provision = find(PROVISION);
  if (provision >= 0) {
    const reason = PROVISION.exec(lines[provision] ?? "")?.[1];
    return failure("infrastructure", `its dependencies cannot be installed: ${reason}`, provision);
  }
  const digest = find(DIGEST);
  if (digest >= 0) {
    const what = DIGEST.exec(lines[digest] ?? "")?.[1];
    return failure("package", `a source archive is not what the Manifest says: ${what}`, digest);
  }
  const fetch = find(FETCH);
  if (fetch >= 0) {
    const [, one, other] = FETCH.exec(lines[fetch] ?? "") ?? [];
    return failure("infrastructure", `source archive ${one ?? other ?? ""} cannot be fetched`, fetch);
  }
  if (died >= 0) return failure("package", `${phase ?? "build"} phase: ${reasonOf(lines, died)}`, died);
  if (exit.signal !== null) {
    return failure("infrastructure", `the build was ended by signal ${exit.signal}`, lines.length - 1);
  }
  const refused = find(REFUSED);
  const words = REFUSED.exec(lines[refused] ?? "")?.[1] ?? lines.at(-1) ?? "no output";
  return failure("package", `Portage ended with exit code ${exit.exitCode}: ${words}`, refused);
}

/** A complaint of a compiler before Portage gave up, the one that it stopped for; else what Portage says itself, on the line after its ERROR. */
function reasonOf(lines: readonly string[], died: number): string {
  const first = lines.slice(0, died).find((line) => COMPILER.test(line));
  const found = first === undefined ? null : errorExcerpt(lines.slice(0, died + 1).join("\n"));
  const complaint = found?.isCause ? found.errorLine : first;
  return (complaint ?? lines[died + 1]?.replace(/^ \*\s*/, "") ?? "failed").trim();
}

function around(lines: readonly string[], at: number): string[] {
  const end = at < 0 ? lines.length : Math.min(lines.length, at + 1 + AFTER);
  return lines.slice(Math.max(0, end - TAIL), end);
}
