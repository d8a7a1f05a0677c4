import type { Verification } from "../../model/finalize.ts";
import { bytes, count } from "../../model/words.ts";
import type { Paint } from "../paint.ts";
import { table } from "../text.ts";
import { excerptLines, SOME_LINES } from "./excerpt.ts";
import { label, title } from "./parts.ts";

/** Failed packages that are shown with the lines around the error. */
const EXCERPTS = 3;

/** `swarm verify`. */
export function verifyScreen(facts: Verification, paint: Paint): string[] {
  const lines = [title(`FINALIZE ${facts.run}`, paint)];
  lines.push(`${label("Publishes")}${count(facts.publish.length, "package")}, ${bytes(facts.bytes)}`);
  const rows = facts.publish.map(({ cpv, size }) => [`  ${cpv}`, bytes(size)]);
  if (rows.length > 0) lines.push(...table([{ title: "  PACKAGE" }, { title: "SIZE", align: "right" }], rows));
  const group = (name: string, members: string[], number = members.length): void => {
    if (members.length > 0) lines.push(`${paint("bad", name)} ${number}`, ...members.map((text) => `  ${text}`));
  };
  group("Missing from the binhost:", facts.lost);
  group("Not built yet:", facts.open);
  group(
    "Failed:",
    facts.failed.flatMap((failed, i) => [
      `${failed.cpv}: ${failed.message}`,
      ...(i < EXCERPTS ? excerptLines(failed, paint, SOME_LINES) : []),
    ]),
    facts.failed.length,
  );
  group(
    "Skipped:",
    facts.skipped.map(({ cpv, cause }) => `${cpv}: needs ${cause}`),
  );
  group(
    "Left out, not resolved:",
    facts.unresolved.map(({ atom, class: kind }) => `${atom} (${kind})`),
  );
  const style = { none: "good", some: "warn", "do not": "bad" } as const;
  lines.push(`${label("Risk")}${paint(style[facts.risk], facts.risk)}`, ...facts.words.map((text) => `  ${text}`));
  return lines;
}
