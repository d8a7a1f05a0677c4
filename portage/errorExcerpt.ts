import { cleanLine, phaseBegun } from "./buildLog.ts";
import * as patterns from "./errorPatterns.ts";

/** Where a log says what went wrong. */
export interface ErrorExcerpt {
  /** As it stands in `around`. */
  errorLine: string;
  /** The error line with up to 20 lines before and after it; all as `cleanLine` leaves them. */
  around: string[];
  /** Whether that line names a cause; else it is the best that there is, such as what Portage says of it. */
  isCause: boolean;
}

/** Lines shown on either side. */
const AROUND = 20;
/** Errors no further apart are of one failure, whose first one is the cause. Lines */
const ONE_FAILURE = 60;
/** Of a traceback that is looked through for its beginning. Lines */
const CALLS = 200;

/**
 * The first true error in the text of a log, or of a part of it: a cause in the phase that failed, before Portage's own account of
 * it; else what comes nearest. null: nothing looks like an error.
 */
export function errorExcerpt(text: string): ErrorExcerpt | null {
  const lines = text.split("\n").map(cleanLine);
  while (lines.at(-1) === "") lines.pop();
  const died = lines.findIndex((line) => patterns.DIED.test(line));
  const end = died < 0 ? lines.length : died;
  const failed = lines.slice(0, end);
  const begin = Math.max(
    0,
    failed.findLastIndex((line) => phaseBegun(line) !== null),
  );
  const isTest = patterns.DIED.exec(lines[died] ?? "")?.[1] === "test";
  const cause = new Region(failed, begin).cause(isTest);
  const at = cause ?? accountOf(lines, begin, died, end);
  if (at === null) return null;
  const around = lines.slice(Math.max(0, at - AROUND), at + AROUND + 1);
  return { errorLine: lines[at] ?? "", around, isCause: cause !== null };
}

/** Where a build tool stopped without saying why; else Portage's reason, on the line after its ERROR. */
function accountOf(lines: readonly string[], begin: number, died: number, end: number): number | null {
  const stop = lines.slice(0, end).findIndex((line, i) => i >= begin && matches(line, patterns.STOPS));
  if (stop >= 0) return stop;
  if (died < 0) return null;
  return /^ ?\* +\S/.test(lines[died + 1] ?? "") ? died + 1 : died;
}

/** What a phase wrote: the lines from `begin` on. */
class Region {
  readonly #lines: readonly string[];
  readonly #begin: number;
  /** Places of what may be an error, in order. */
  readonly #errors: { at: number; isSure: boolean }[] = [];

  constructor(lines: readonly string[], begin: number) {
    this.#lines = lines;
    this.#begin = begin;
    for (let at = begin; at < lines.length; at++) {
      const line = lines[at] ?? "";
      if (!patterns.HINT.test(line) || matches(line, patterns.HARMLESS) || matches(line, patterns.FOLLOWS)) continue;
      const isSure = matches(line, patterns.CAUSES) || this.#isException(at);
      if (isSure || matches(line, patterns.PERHAPS)) this.#errors.push({ at, isSure });
    }
  }

  /** The place of the cause; null where none is found. */
  cause(isTest: boolean): number | null {
    const lack = this.#first((line) => matches(line, patterns.LACKS) && !matches(line, patterns.HARMLESS));
    if (lack !== null) return lack;
    const test = isTest ? this.#first((line) => matches(line, patterns.TESTS)) : null;
    if (test !== null) return test;
    const ninja = this.#first((line) => patterns.NINJA_STOPS.test(line));
    if (ninja !== null) {
      const after = best(this.#errors.filter(({ at }) => at > ninja));
      if (after !== null) return after;
    }
    const make = this.#first((line) => patterns.MAKE_STOPS.test(line) && !matches(line, patterns.HARMLESS));
    if (make === null) return best(this.#errors);
    return this.#lastFailureBefore(make) ?? best(this.#errors);
  }

  /** Of the errors that stand together last before a build tool stopped: the stopping line is one where it has words of its own. */
  #lastFailureBefore(stop: number): number | null {
    const together: { at: number; isSure: boolean }[] = [];
    for (const error of this.#errors.filter(({ at }) => at <= stop).reverse()) {
      const next = together[0];
      if (next && next.at - error.at > ONE_FAILURE) break;
      together.unshift(error);
    }
    return best(together);
  }

  #first(isOne: (line: string) => boolean): number | null {
    const at = this.#lines.findIndex((line, i) => i >= this.#begin && isOne(line));
    return at < 0 ? null : at;
  }

  /** Whether the line names the exception of a traceback that ends there. */
  #isException(at: number): boolean {
    if (!patterns.EXCEPTION.test(this.#lines[at] ?? "")) return false;
    for (let i = at - 1; i >= Math.max(0, at - CALLS); i--) {
      const line = this.#lines[i] ?? "";
      if (patterns.TRACEBACK.test(line)) return true;
      // Its calls are indented.
      if (!/^\s|^$/.test(line)) return false;
    }
    return false;
  }
}

/** The first that is sure, else the last that may be one: the nearest to the end. */
function best(errors: readonly { at: number; isSure: boolean }[]): number | null {
  return (errors.find(({ isSure }) => isSure) ?? errors.at(-1))?.at ?? null;
}

function matches(line: string, some: readonly RegExp[]): boolean {
  return some.some((pattern) => pattern.test(line));
}
