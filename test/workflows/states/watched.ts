import type { AlertSeverity, Observation, ObservedRun } from "../../../model/alerts.ts";
import { AlertsState, type Sending } from "../../../workflows/states/alerts.ts";

export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;
export const GIB = 1024 ** 3;
/** Some day. */
export const START = Date.UTC(2026, 10, 21);

export const rules: Observation["rules"] = {
  waitsForFinalize: true,
  pausedMinutes: 30,
  nothingStartsMinutes: 20,
  droneLost: true,
  droneGrounded: true,
  packageFailed: true,
  publishFailed: true,
  runFailed: true,
  lowDiskGib: 5,
  noRunDays: 0,
  quietMinutes: 60,
};

export const run = (change: Partial<ObservedRun> = {}): ObservedRun => ({
  run: "desktop-20261121-0101",
  target: "desktop",
  step: "build",
  reason: null,
  paused: null,
  left: 10,
  received: 5,
  failed: [],
  failedCount: 0,
  stalled: null,
  publishProblem: null,
  ...change,
});

export const drone = (
  name: string,
  change: Partial<Observation["drones"][number]> = {},
): Observation["drones"][number] => ({
  ...{ name, state: "online", since: START, grounded: null },
  ...change,
});
export const lost = (name: string) => drone(name, { state: "lost" });
export const failures = (...cpvs: string[]) =>
  run({ failed: cpvs.map((cpv) => ({ cpv, message: "no" })), failedCount: cpvs.length });

/** Alerts on a clock of the test's. */
export class Watched {
  state = new AlertsState({ instance: "test", now: START });
  now = START;
  channels: { name: string; minSeverity: AlertSeverity }[] = [{ name: "phone", minSeverity: "info" }];
  rules = rules;

  after(ms: number): this {
    this.now += ms;
    return this;
  }

  see(change: Partial<Observation> = {}): this {
    this.state.observe({
      ...{ at: this.now, digest: String(this.now), rules: this.rules, channels: this.channels },
      ...{ drones: [], disks: [], runs: [], lastRunAt: null, starts: {}, ...change },
    });
    return this;
  }

  /** What is sent now; it arrives. */
  told(): string[] {
    const titles: string[] = [];
    for (let batch = this.state.take(this.now); batch.length > 0; batch = this.state.take(this.now)) {
      for (const sending of batch) {
        titles.push(`${sending.channel}: ${sending.notice.title}`);
        this.state.sent(sending, this.now);
      }
    }
    return titles;
  }

  one(): Sending {
    const [first, ...others] = this.state.take(this.now);
    if (!first || others.length > 0) throw new Error("not one message is sent");
    return first;
  }

  active(): string[] {
    return this.state.view().active.map(({ title }) => title);
  }
}
