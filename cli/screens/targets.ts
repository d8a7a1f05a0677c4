import type { TargetInfo } from "../../model/binhost.ts";
import type { TargetBundle } from "../../model/target.ts";
import { timestamp } from "../../model/words.ts";
import type { Paint } from "../paint.ts";
import { table } from "../text.ts";
import { title } from "./parts.ts";

const shown = (target: TargetInfo): string => target.current ?? "nothing yet";

/** `swarm target list` */
export function targetList(targets: readonly TargetInfo[]): string[] {
  if (targets.length === 0) return ["There is no target yet. Put one: swarm target put DIRECTORY"];
  return table(
    [{ title: "TARGET" }, { title: "CONFIGURATION" }, { title: "PUT" }, { title: "PUBLISHED" }],
    targets.map((target) => [
      target.name,
      target.bundle.slice(0, 12),
      timestamp(Date.parse(target.updatedAt)),
      shown(target),
    ]),
  );
}

/** `swarm target show` */
export function targetScreen(target: TargetInfo, bundle: TargetBundle, paint: Paint): string[] {
  const files = Object.entries(bundle.files).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    title(`TARGET ${target.name}`, paint),
    `Configuration: ${target.bundle}`,
    `Put:           ${timestamp(Date.parse(target.updatedAt))}`,
    `Published:     ${shown(target)}`,
    `Profile:       ${bundle.profile.repository}:${bundle.profile.path}`,
    "World:",
    ...bundle.world.map((atom) => `  ${atom}`),
    ...files.flatMap(([path, text]) => [
      `${paint("title", path)}:`,
      ...text
        .trimEnd()
        .split("\n")
        .map((line) => `  ${line}`.trimEnd()),
    ]),
  ];
}
