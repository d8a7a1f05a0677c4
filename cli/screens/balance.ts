import { count, duration } from "../../model/words.ts";
import type { BalanceAnswer } from "../../workflows/messages.ts";

/** What `swarm balance` has changed and why, and what it left alone. */
export function balanceLines({ moved, freed, kept }: BalanceAnswer): string[] {
  if (moved.length + freed.length + kept.length === 0) {
    return ["Work is where it belongs: nothing would be done sooner on another drone, and nothing waits without need."];
  }
  const sooner = ({ here, there }: { here: number; there: number }, drone: string): string =>
    `done in ${duration(there * 1000)} there, in ${duration(here * 1000)} on ${drone}`;
  return [
    ...titled(
      `✓ ${count(moved.length, "build")} begun anew elsewhere:`,
      moved.map((it) => `${it.cpv}: ${it.from} -> ${it.to}: ${sooner(it, it.from)}`),
    ),
    ...titled(`✓ ${count(freed.length, "package")} placed without waiting any longer:`, freed),
    ...titled(
      `${count(kept.length, "build")} left where they are, since they compile already:`,
      kept.map((it) => `${it.cpv} on ${it.drone}, ${it.better} would be sooner: ${sooner(it, it.drone)}`),
    ),
  ];
}

function titled(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}
