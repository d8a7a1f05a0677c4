import type { Check } from "../doctor/check.ts";
import type { Diagnosis } from "../doctor/diagnose.ts";
import type { Paint } from "../paint.ts";
import { table } from "../text.ts";
import { tick, title } from "./parts.ts";

/** `swarm doctor` */
export function doctorScreen({ checks, roles }: Diagnosis, paint: Paint): string[] {
  return [
    title("THIS MACHINE", paint),
    ...checks.flatMap((check) => checkLines(check, paint)),
    "",
    ...table(
      [{ title: "ROLE" }, { title: "CAN RUN" }, { title: "" }],
      roles.map(({ role, canRun, configured, lacks }) => [
        role,
        `${tick(canRun, paint)} ${canRun ? "yes" : "no"}`,
        [
          ...(configured ? [] : ["not of `swarm up` here"]),
          ...(lacks.length > 0 ? [`lacks: ${lacks.join(", ")}`] : []),
        ].join("; "),
      ]),
    ),
  ];
}

function checkLines({ name, verdict, found, fix }: Check, paint: Paint): string[] {
  const mark = verdict === "note" ? paint("warn", "!") : tick(verdict === "ok", paint);
  const line = `${mark} ${name.padEnd(10)} ${found}`;
  return fix === null ? [line] : [line, `             → ${fix}`];
}
