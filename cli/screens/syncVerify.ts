import type { SyncVerifyResult } from "../../model/fleet.ts";
import type { Paint } from "../paint.ts";
import { table } from "../text.ts";
import { tick } from "./parts.ts";

/** `swarm sync-verify`: which drones have the same tree. */
export function syncVerifyScreen({ drones }: SyncVerifyResult, paint: Paint): string[] {
  if (drones.length === 0) return ["No drone is online. Start one: swarm drone"];
  return table(
    [{ title: "" }, { title: "DRONE" }, { title: "TREE OF" }, { title: "TREE" }, { title: "" }],
    drones.map(({ name, ok, stale, error, report }) => [
      tick(ok, paint),
      name,
      report?.treeTime ?? "-",
      report ? shortTree(report.tree) : "-",
      [stale ? paint("bad", "STALE") : "", error ?? ""].filter((part) => part !== "").join("  "),
    ]),
  );
}

/** Enough of a tree identity to tell two apart. */
function shortTree(tree: string): string {
  return tree.length > 24 ? `${tree.slice(0, 24)}…` : tree;
}
