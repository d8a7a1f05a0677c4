import type { z } from "zod";
import {
  type AttemptRecord,
  type BuildSample,
  HISTORY_FORMAT,
  type HistoryQuery,
  type HistorySummary,
} from "../model/history.ts";
import {
  AttemptListSchema,
  BuildSampleSchema,
  ExportPageSchema,
  HistorySummarySchema,
  type Imported,
  ImportedSchema,
} from "./historyRecords.ts";

/** Attempts sent at once, and names of packages asked for at once: the binhost does nothing else for a moment. */
const PIECE = 500;
const NAMES = 500;

/** How the history's calls reach the binhost. */
export type Ask = <T>(method: string, path: string, schema: z.ZodType<T>, body?: { json: unknown }) => Promise<T>;

/** The build history of a binhost over HTTP. */
export class HistoryClient {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Newest first. */
  attempts({
    package: name,
    target,
    limit,
    offset,
  }: HistoryQuery): Promise<{ total: number; attempts: AttemptRecord[] }> {
    const query = new URLSearchParams({ limit: String(limit), offset: String(offset) });
    if (name !== null) query.set("package", name);
    if (target !== null) query.set("target", target);
    return this.#ask("GET", `/api/history/attempts?${query}`, AttemptListSchema);
  }

  summary(target: string | null, limit: number): Promise<HistorySummary> {
    const query = new URLSearchParams({ limit: String(limit), ...(target !== null && { target }) });
    return this.#ask("GET", `/api/history/summary?${query}`, HistorySummarySchema);
  }

  /** Everything, in pieces. */
  async *export(): AsyncGenerator<AttemptRecord[]> {
    for (let query = new URLSearchParams(); ; ) {
      const { attempts, more } = await this.#ask("GET", `/api/history/export?${query}`, ExportPageSchema);
      yield attempts;
      const last = attempts.at(-1);
      if (!more || last === undefined) return;
      query = new URLSearchParams({ run: last.run, cpv: last.cpv, attempt: String(last.attempt) });
    }
  }

  /** Adds attempts; those that the binhost knows already stay as they are. In pieces: interrupted, it is just done again. */
  async import(attempts: readonly AttemptRecord[]): Promise<Imported> {
    const sum = { added: 0, known: 0 };
    for (let from = 0; from < attempts.length; from += PIECE) {
      const json = { ...HISTORY_FORMAT, attempts: attempts.slice(from, from + PIECE) };
      const { added, known } = await this.#ask("POST", "/api/history/import", ImportedSchema, { json });
      sum.added += added;
      sum.known += known;
    }
    return sum;
  }

  /** The last successful attempts of each of these packages (category/name): what estimates are made of. */
  async samples(packages: readonly string[]): Promise<BuildSample[]> {
    const samples: BuildSample[] = [];
    for (let from = 0; from < packages.length; from += NAMES) {
      const json = packages.slice(from, from + NAMES);
      samples.push(...(await this.#ask("POST", "/api/history/samples", BuildSampleSchema.array(), { json })));
    }
    return samples;
  }
}
