import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { SwarmConfig } from "../config/schema.ts";
import type { Health, ServiceHealth, ServiceKind } from "../model/health.ts";
import { isName } from "../model/names.ts";
import type { Access } from "../operations/access.ts";
import { problemOf } from "../operations/readModel.ts";
import { fetchText } from "../telemetry/fetchText.ts";
import { afterCheck, nextCheckIn, notYetKnown } from "./health.ts";

/** A service that does not answer in this time does not answer. ms */
const ANSWER_WITHIN_MS = 5_000;
/** What a role says of itself is short. */
const MAX_BYTES = 65_536;

interface Checked extends Pick<ServiceHealth, "kind" | "name" | "url" | "priority"> {
  /** What the service calls itself, null where it does not say. Rejects where it is not well. */
  check: (signal: AbortSignal) => Promise<string | null>;
}

/** Looks after the engine, the orchestrators and the binhosts that are configured. */
export class HealthChecks {
  readonly #services: Checked[];
  readonly #intervalMs: number;
  readonly #onChange: (service: ServiceHealth) => void;
  readonly #health: Health[];
  /** What each calls itself. */
  readonly #told: (string | null)[];
  readonly #stop = new AbortController();
  #loops: Promise<void>[] = [];

  /** @param onChange hears of each service that goes out or comes back */
  constructor(access: Access, config: SwarmConfig, engineAddress: string, onChange: (service: ServiceHealth) => void) {
    const { orchestrators, checkInterval } = config.gateway;
    const byHttp = (kind: ServiceKind) => (entry: { name: string; url: string; priority: number }) => ({
      ...entry,
      kind,
      check: (signal: AbortSignal) => nameAt(`${entry.url}/healthz`, signal),
    });
    const engine = async (): Promise<null> => {
      const client = await access.client();
      await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => client.workflowService.getSystemInfo({}));
      return null;
    };
    this.#services = [
      { kind: "engine", name: "engine", url: engineAddress, priority: 0, check: engine },
      ...orchestrators.map(byHttp("orchestrator")),
      ...binhostsOf(config).map(byHttp("binhost")),
    ];
    this.#intervalMs = checkInterval * 1000;
    this.#onChange = onChange;
    this.#health = this.#services.map(() => notYetKnown(Date.now()));
    this.#told = this.#services.map(() => null);
    setMaxListeners(0, this.#stop.signal);
  }

  start(): void {
    this.#loops = this.#services.map((_, index) => this.#look(index));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#loops);
  }

  list(): ServiceHealth[] {
    return this.#services.map(({ check: _, ...service }, index) => ({
      ...service,
      ...(this.#health[index] ?? notYetKnown(0)),
    }));
  }

  /**
   * The binhost that clients are sent to, and where its packages are: of those that are well the first by priority; one not
   * looked at yet counts.
   */
  binhost(): (ServiceHealth & { packages: string }) | null {
    const usable = this.list().flatMap((service, index) => {
      if (service.kind !== "binhost" || service.state === "out") return [];
      // Its entry may be called otherwise than the binhost calls itself, and its addresses.
      return { ...service, packages: `${service.url}/${this.#told[index] ?? service.name}` };
    });
    return usable.sort((a, b) => a.priority - b.priority)[0] ?? null;
  }

  /** Whether the last check of the engine was answered. */
  isEngineWell(): boolean {
    return this.list().some(({ kind, failures, state }) => kind === "engine" && state === "in" && failures === 0);
  }

  async #look(index: number): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const service = this.#services[index];
      const before = this.#health[index];
      if (!service || !before) return;
      const problem = await service.check(signal).then((name) => {
        this.#told[index] = name;
        return null;
      }, reasonOf);
      if (signal.aborted) return;
      const now = afterCheck(before, problem, Date.now());
      this.#health[index] = now;
      const { check: _, ...shown } = service;
      if (now.state !== before.state) this.#onChange({ ...shown, ...now });
      await sleep(nextCheckIn(now, this.#intervalMs), undefined, { signal, ref: false }).catch(() => {});
    }
  }
}

/** Those that are configured for it, else the one of [binhost]. */
export function binhostsOf({ gateway, binhost }: SwarmConfig): SwarmConfig["gateway"]["binhosts"] {
  if (gateway.binhosts.length > 0) return gateway.binhosts;
  return [{ name: binhost.name, url: binhost.url, priority: 0 }];
}

const Named = z.object({ name: z.string().refine(isName) });

async function nameAt(url: string, signal: AbortSignal): Promise<string | null> {
  const text = await fetchText(url, { withinMs: ANSWER_WITHIN_MS, maxBytes: MAX_BYTES, signal });
  try {
    return Named.parse(JSON.parse(text)).name;
  } catch {
    // A server of packages that is none of ours.
    return null;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return `no answer within ${ANSWER_WITHIN_MS / 1000} s`;
  return problemOf(error, ANSWER_WITHIN_MS) || "no answer";
}
