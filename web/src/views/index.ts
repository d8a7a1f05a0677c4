import type { ComponentType } from "preact";
import type { ViewName } from "../state/router.ts";
import { DronesView } from "./drones.tsx";
import { EventsView } from "./events.tsx";
import { GraphView } from "./graph.tsx";
import { HistoryView } from "./history.tsx";
import { LogsView } from "./logs.tsx";
import { OverviewView } from "./overview.tsx";
import { PackageView } from "./package.tsx";
import { PackagesView } from "./packages.tsx";
import { SchedulesView } from "./schedules.tsx";
import { SnapshotsView } from "./snapshots.tsx";
import { TimelineView } from "./timeline.tsx";

/** What shows each view. */
export const VIEW_PARTS: Record<ViewName, ComponentType> = {
  overview: OverviewView,
  drones: DronesView,
  timeline: TimelineView,
  graph: GraphView,
  packages: PackagesView,
  package: PackageView,
  logs: LogsView,
  snapshots: SnapshotsView,
  schedules: SchedulesView,
  history: HistoryView,
  events: EventsView,
};
