import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { SwarmConfig } from "../config/schema.ts";
import { messageOf } from "../model/errors.ts";
import type { Health, ServiceHealth, ServiceKind } from "../model/health.ts";
import type { Access } from "../operations/access.ts";
import { afterCheck, nextCheckIn, notYetKnown } from "./health.ts";

/** A service that does not answer in this time does not answer. ms */
const ANSWER_WITHIN_MS = 5_000;

interface Checked extends Pick<ServiceHealth, "kind" | "name" | "url" | "priority"> {
  /** Rejects where the service is not well. */
  check: (signal: AbortSignal) => Promise<void>;
}

/** Looks after the engine, the orchestrators and the binhosts that are configured. */
export class HealthChecks {
  readonly #services: Checked[];
  readonly #intervalMs: number;
  readonly #onChange: (service: ServiceHealth) => void;
  readonly #health: Health[];
  readonly #stop = new AbortController();
  #loops: Promise<void>[] = [];

  /** @param onChange hears of each service that goes out or comes back */
  constructor(access: Access, config: SwarmConfig, engineAddress: string, onChange: (service: ServiceHealth) => void) {
    const { orchestrators, checkInterval } = config.gateway;
    const byHttp = (kind: ServiceKind) => (entry: { name: string; url: string; priority: number }) => ({
      ...entry,
      kind,
      check: (signal: AbortSignal) => answers(`${entry.url}/healthz`, signal),
    });
    const engine = async (): Promise<void> => {
      const client = await access.client();
      await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => client.workflowService.getSystemInfo({}));
    };
    this.#services = [
      { kind: "engine", name: "engine", url: engineAddress, priority: 0, check: engine },
      ...orchestrators.map(byHttp("orchestrator")),
      ...binhostsOf(config).map(byHttp("binhost")),
    ];
    this.#intervalMs = checkInterval * 1000;
    this.#onChange = onChange;
    this.#health = this.#services.map(() => notYetKnown(Date.now()));
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

  /** The binhost that clients are sent to: of those that are well the first by priority; one not looked at yet counts. */
  binhost(): ServiceHealth | null {
    const usable = this.list().filter(({ kind, state }) => kind === "binhost" && state !== "out");
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
      const problem = await service
        .check(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]))
        .then(() => null, reasonOf);
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

async function answers(url: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return `no answer within ${ANSWER_WITHIN_MS / 1000} s`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return messageOf(cause) || "no answer";
}
