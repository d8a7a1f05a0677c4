import type { Tone } from "../../model/marks.ts";
import { bytes } from "../../model/words.ts";
import { type Line, line } from "../line.ts";
import type { Preview } from "../source.ts";

/** What finalize would publish, in so many rows: of each kind what there is room for. */
export function previewLines({ added, changed, failed, skipped, ...rest }: Preview, rows: number): Line[] {
  const all: readonly (readonly [title: string, tone: Tone | undefined, names: readonly string[]])[] = [
    ["FAILED, left out", "bad", failed],
    ["NEED THEM, left out", "warn", skipped],
    ["NEW", "good", added],
    ["CHANGED", undefined, changed],
  ];
  const parts = all.filter(([, , names]) => names.length > 0);
  const heading = line(["title", `═══ WHAT FINALIZE PUBLISHES OF ${rest.run}, ${bytes(rest.bytes)} ═══`]);
  const shares = shared(
    parts.map(([, , names]) => names.length),
    rows - 1 - parts.length,
  );
  const lines = parts.flatMap(([title, tone, names], index) => [
    line([tone, `${title} ${names.length}`]),
    ...some(names, shares[index] ?? 0),
  ]);
  return [heading, ...lines];
}

function some(names: readonly string[], rows: number): Line[] {
  if (names.length <= rows) return names.map((name) => line(`  ${name}`));
  if (rows === 0) return [];
  const left = names.length - rows + 1;
  return [
    ...names.slice(0, rows - 1).map((name) => line(`  ${name}`)),
    line(["faint", `  ... and ${left} more: swarm verify`]),
  ];
}

/** Shares rows in turn among those that want some. */
function shared(wanted: readonly number[], rows: number): number[] {
  const given = wanted.map(() => 0);
  let left = rows;
  for (let more = true; more && left > 0; ) {
    more = false;
    for (const [index, want] of wanted.entries()) {
      if (left <= 0 || (given[index] ?? 0) >= want) continue;
      given[index] = (given[index] ?? 0) + 1;
      left--;
      more = true;
    }
  }
  return given;
}
