/** One attempt as a bar on its drone's lane. Times are ms since the epoch. */
export interface Bar {
  cpv: string;
  attempt: number;
  drone: string;
  jobs: number;
  start: number;
  end: number | null;
  result: "building" | "received" | "failed" | "superseded";
  /** The run could not end before it did. */
  critical: boolean;
}

/** What each drone built, and when. */
export interface Timeline {
  from: number;
  to: number;
  drones: string[];
  bars: Bar[];
}
