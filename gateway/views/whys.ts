import { setTimeout as sleep } from "node:timers/promises";
import type { WhyAnswer } from "../../workflows/messages.ts";
import type { Services } from "../services.ts";

/** The run is asked at most so often, however many packages are looked at. ms */
const EACH_MS = 500;

type Ask = (names: string[]) => Promise<WhyAnswer[]>;

/** Why packages of a run are where they are: what many ask at the same time is one question. */
class Whys {
  #askedAt = 0;
  /** The question that is asked next. */
  #next: { names: Set<string>; answers: Promise<ReadonlyMap<string, string>> } | null = null;

  async of(cpv: string, ask: Ask): Promise<string | null> {
    this.#next ??= this.#collect(ask);
    this.#next.names.add(cpv);
    return (await this.#next.answers).get(cpv) ?? null;
  }

  #collect(ask: Ask): { names: Set<string>; answers: Promise<ReadonlyMap<string, string>> } {
    const names = new Set<string>();
    const asked = async (): Promise<ReadonlyMap<string, string>> => {
      await sleep(Math.max(0, this.#askedAt + EACH_MS - Date.now()));
      this.#askedAt = Date.now();
      this.#next = null;
      return new Map((await ask([...names])).map(({ cpv, why }) => [cpv, why]));
    };
    return { names, answers: asked() };
  }
}

const known = new WeakMap<Services, Map<string, Whys>>();

/** Why a package of the latest run of a target is where it is; null: it is not among those that are built. */
export async function whyNow(services: Services, target: string, cpv: string, ask: Ask): Promise<string | null> {
  const all = known.get(services) ?? new Map<string, Whys>();
  known.set(services, all);
  const whys = all.get(target) ?? new Whys();
  all.set(target, whys);
  return await whys.of(cpv, ask);
}
