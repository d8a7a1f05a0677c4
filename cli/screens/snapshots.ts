import type { SnapshotInfo } from "../../model/binhost.ts";
import type { Snapshot, SnapshotDiff } from "../../model/snapshot.ts";
import { bytes, count, timestamp } from "../../model/words.ts";
import type { Paint } from "../paint.ts";
import { table } from "../text.ts";
import { title } from "./parts.ts";

/** `swarm snapshots list` */
export function snapshotList(target: string, snapshots: readonly SnapshotInfo[], paint: Paint): string[] {
  if (snapshots.length === 0) return [`${target} has no snapshot yet: nothing was published`];
  return table(
    [
      { title: "" },
      { title: "SNAPSHOT" },
      { title: "PUBLISHED" },
      { title: "RUN" },
      { title: "PACKAGES", align: "right" },
      { title: "SIZE", align: "right" },
    ],
    snapshots.map((each) => [
      each.current ? paint("good", "●") : " ",
      each.id,
      timestamp(Date.parse(each.createdAt)),
      each.run,
      String(each.packages),
      bytes(each.bytes),
    ]),
  );
}

/** `swarm snapshots show` */
export function snapshotScreen(snapshot: Snapshot, paint: Paint): string[] {
  const packages = [...snapshot.packages].sort((a, b) => (a.cpv < b.cpv ? -1 : 1));
  return [
    title(`SNAPSHOT ${snapshot.id}`, paint),
    `Target:    ${snapshot.target}`,
    `Run:       ${snapshot.run}`,
    `Published: ${timestamp(Date.parse(snapshot.createdAt))}`,
    `Tree:      ${snapshot.tree}`,
    "",
    ...table(
      [
        { title: "PACKAGE" },
        { title: "BUILD", align: "right" },
        { title: "SLOT" },
        { title: "SIZE", align: "right" },
        { title: "USE" },
      ],
      packages.map((each) => [
        each.cpv,
        String(each.buildId),
        each.subslot === each.slot ? each.slot : `${each.slot}/${each.subslot}`,
        bytes(each.size),
        each.use.filter((flag) => each.iuse.includes(flag)).join(" "),
      ]),
    ),
  ];
}

/** `swarm snapshots diff` */
export function diffScreen(diff: SnapshotDiff, paint: Paint): string[] {
  const { added, removed, changed, rebuilt } = diff;
  const lines = [
    ...added.map((cpv) => `${paint("good", "+")} ${cpv}`),
    ...removed.map((cpv) => `${paint("bad", "-")} ${cpv}`),
    ...changed.map(({ name, from, to }) => `${paint("name", "↑")} ${name}  ${from} → ${to}`),
    ...rebuilt.map(({ cpv, from, to }) => `${paint("warn", "↻")} ${cpv}  build ${from} → ${to}`),
  ];
  const summary = `${added.length} added, ${removed.length} removed, ${changed.length} changed, ${count(rebuilt.length, "package")} rebuilt`;
  return [`${diff.from} → ${diff.to}`, ...(lines.length > 0 ? lines : ["no difference"]), summary];
}
