import type { DroneView } from "../../model/fleet.ts";
import { droneMark, pauseWords } from "../../model/marks.ts";
import type { BuildingPackage, Reading } from "../../model/reading.ts";
import type { RunDrone } from "../../model/run.ts";
import { bytes, duration } from "../../model/words.ts";
import type { Paint } from "../paint.ts";
import { table } from "../text.ts";

function droneState(drone: DroneView, part: RunDrone | undefined, paint: Paint): string {
  const { glyph, word, tone } = droneMark(drone, part);
  // What is as it should be does not shout: its mark is enough.
  return tone === "good" ? `${paint(tone, glyph)} ${word}` : paint(tone, `${glyph} ${word}`);
}

/** `dev-libs/openssl-3.0.2 (compile, 3m 10s)` for each build of a drone, and why it gets nothing new, where there is a reason. */
function buildingCell(
  drone: DroneView,
  part: RunDrone | undefined,
  building: readonly BuildingPackage[],
  at: number,
): string {
  const builds = (part?.building ?? []).map(({ cpv, attempt, startedAt }) => {
    const progress = building.find((each) => each.cpv === cpv && each.attempt === attempt);
    const elapsed = progress ? progress.elapsed * 1000 : at - startedAt;
    return `${cpv} (${progress ? `${progress.phase}, ` : ""}${duration(elapsed)})`;
  });
  const reason = [pauseWords(drone, at), builds.length > 0 ? null : (drone.grounded ?? part?.reason)];
  return [builds.join(", "), ...reason].filter(Boolean).join("; ");
}

function partOf(drone: DroneView, reading: Reading): RunDrone | undefined {
  return reading.run?.drones.find((each) => each.name === drone.facts.name);
}

/** The drones as status shows them. */
export function droneTable(reading: Reading, paint: Paint): string[] {
  const drones = reading.fleet?.drones ?? [];
  if (drones.length === 0) return [];
  return table(
    [{ title: "DRONE" }, { title: "CORES", align: "right" }, { title: "STATE" }, { title: "BUILDING" }],
    drones.map((drone) => {
      const part = partOf(drone, reading);
      return [
        drone.facts.name,
        String(drone.facts.cores),
        droneState(drone, part, paint),
        buildingCell(drone, part, reading.building, reading.at),
      ];
    }),
  );
}

/** `swarm drones`: all that is known of each, and who was refused. */
export function dronesScreen(reading: Reading, paint: Paint): string[] {
  const { fleet, at } = reading;
  if (!fleet || (fleet.drones.length === 0 && fleet.refused.length === 0)) {
    return ["No drone has ever enrolled. Start one: swarm drone (on each machine), or swarm up (all on this one)"];
  }
  const rows = fleet.drones.map((drone) => {
    const { facts } = drone;
    const part = partOf(drone, reading);
    return [
      facts.name,
      String(facts.cores),
      String(facts.slots),
      bytes(facts.memoryBytes),
      bytes(facts.diskFreeBytes),
      droneState(drone, part, paint),
      duration(at - drone.since),
      String(drone.strikes),
      facts.portage,
      buildingCell(drone, part, reading.building, at),
    ];
  });
  const lines = table(
    [
      { title: "DRONE" },
      { title: "CORES", align: "right" },
      { title: "SLOTS", align: "right" },
      { title: "MEMORY", align: "right" },
      { title: "DISK FREE", align: "right" },
      { title: "STATE" },
      { title: "SINCE", align: "right" },
      { title: "STRIKES", align: "right" },
      { title: "PORTAGE" },
      { title: "BUILDING" },
    ],
    rows,
  );
  const refused = fleet.refused.map((drone) => `${paint("bad", "refused")}  ${drone.name}: ${drone.reason}`);
  return refused.length > 0 ? [...lines, "", ...refused] : lines;
}
