import { describe, expect, test } from "vitest";
import type { AlertSeverity, Observation, ObservedRun } from "../../../model/alerts.ts";
import { AlertsState, type SavedAlerts, type Sending } from "../../../workflows/states/alerts.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const GIB = 1024 ** 3;
/** Some day. */
const START = Date.UTC(2026, 10, 21);

const rules: Observation["rules"] = {
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

const run = (change: Partial<ObservedRun> = {}): ObservedRun => ({
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

const drone = (name: string, change: Partial<Observation["drones"][number]> = {}): Observation["drones"][number] => ({
  ...{ name, state: "online", since: START, grounded: null },
  ...change,
});
const lost = (name: string) => drone(name, { state: "lost" });
const failures = (...cpvs: string[]) =>
  run({ failed: cpvs.map((cpv) => ({ cpv, message: "no" })), failedCount: cpvs.length });

/** Alerts on a clock of the test's. */
class Watched {
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

describe("rules", () => {
  test("a run that waits for finalize, once; and that it does not any more", () => {
    const watched = new Watched().see({ runs: [run({ step: "gate", left: 0, failedCount: 1 })] });
    const { notice } = watched.one();
    expect(notice).toMatchObject({ kind: "fired", severity: "info", text: "5 packages built, 1 failed." });
    expect(notice.alerts).toMatchObject([{ command: "swarm finalize --target desktop" }]);
    watched.state.sent({ channel: "phone", notice }, watched.now);
    expect(
      watched
        .after(MINUTE)
        .see({ runs: [run({ step: "gate" })] })
        .told(),
    ).toEqual([]);
    watched.after(MINUTE).see({ runs: [run({ step: "done" })] });
    expect(watched.one().notice).toMatchObject({
      ...{ kind: "recovered", title: "over: desktop-20261121-0101 waits for finalize", text: "It lasted 2m 00s." },
    });
    expect(watched.active()).toEqual([]);
  });

  test("a pause counts after its 30 minutes and with work left; the state says when to look again", () => {
    const paused = { reason: "disk", by: "ann", since: START };
    const watched = new Watched().see({ runs: [run({ paused }), run({ run: "other-1", left: 0, paused })] });
    expect(watched.active()).toEqual([]);
    expect(watched.state.request().until).toBe(START + 30 * MINUTE);
    watched.after(30 * MINUTE).see({ runs: [run({ paused })] });
    expect(watched.active()).toEqual(["desktop-20261121-0101 is paused with 10 packages left"]);
    expect(watched.state.request().until).toBeNull();
  });

  test("drones: lost and grounded are told, one that says goodbye is not, nor is grounding for disk that is told already", () => {
    const disks = [{ name: "drone unra", freeBytes: GIB, level: "low" as const }];
    const drones = [
      ...[lost("izar"), drone("tarn", { grounded: "5 failures of its own" })],
      ...[drone("ceti", { state: "offline" }), drone("unra", { grounded: "low disk: 1024 MiB free" })],
    ];
    const watched = new Watched().see({ drones, disks });
    expect(watched.active()).toEqual([
      ...["drone izar is lost", "drone tarn gets no work", "drone unra is low on disk"],
    ]);
    watched.rules = { ...rules, lowDiskGib: 0, droneLost: false };
    watched.see({ drones, disks });
    expect(watched.active()).toEqual(["drone unra gets no work", "drone tarn gets no work"]);
  });

  test("low disk ends only clearly above the limit, and that of the binhost is kept while nobody sees it", () => {
    const see = (level: "low" | "near" | "fine") => ({ disks: [{ name: "binhost main", freeBytes: GIB, level }] });
    const watched = new Watched().see(see("near"));
    expect(watched.active()).toEqual([]);
    for (const change of [see("low"), see("near"), { disks: [] }]) {
      expect(watched.see(change).active()).toEqual(["binhost main is low on disk"]);
    }
    expect(watched.see(see("fine")).active()).toEqual([]);
  });

  test("nothing starts, publishing fails, the run fails; a failed run lasts until the next of its target", () => {
    const watched = new Watched().see({ runs: [run({ stalled: { ready: 3, since: START - 25 * MINUTE } })] });
    expect(watched.state.view().active).toMatchObject([
      { rule: "nothing-starts", text: "3 packages could start, and nothing was started for 25m 00s." },
    ]);
    watched.see({ runs: [run({ step: "publish", publishProblem: "ENOSPC" })] });
    expect(watched.state.view().active).toMatchObject([{ rule: "publish-failed", severity: "critical" }]);
    watched.see({ runs: [run({ step: "failed", reason: "no drone agrees" })] });
    expect(watched.state.view().active).toMatchObject([{ rule: "run-failed", text: "no drone agrees" }]);
    // The engine has forgotten the run.
    expect(watched.see().active()).toHaveLength(1);
    expect(watched.see({ runs: [run({ run: "desktop-20261122-0101" })] }).active()).toEqual([]);
  });

  test("a failed run whose target's name begins like that of another one is not over by a run of that one", () => {
    const small = run({ run: "desktop-small-20261121-0101", target: "desktop-small", step: "failed" });
    const watched = new Watched().see({ runs: [small] });
    expect(watched.see({ runs: [run()] }).active()).toEqual(["desktop-small-20261121-0101 failed"]);
  });

  test("no run for days: counted from the last one that was ever seen, never while one is in progress", () => {
    const watched = new Watched();
    watched.rules = { ...rules, noRunDays: 8 };
    watched.see({ lastRunAt: START - DAY, runs: [run({ step: "done" })] });
    expect(watched.state.request().until).toBe(START + 7 * DAY);
    watched.after(7 * DAY);
    expect(watched.see({ runs: [run()] }).active()).toEqual([]);
    expect(watched.see().active()).toEqual(["no run was started for days"]);
    expect(watched.state.view().active[0]?.text).toBe("The last one began 8d 0h ago.");
    expect(watched.see({ lastRunAt: watched.now, runs: [run()] }).active()).toEqual([]);
  });
});

describe("what is said", () => {
  test("a drone that comes and goes is told once in the quiet period, and again after it if it is still so", () => {
    const watched = new Watched().see({ drones: [lost("izar")] });
    expect(watched.told()).toEqual(["phone: drone izar is lost"]);
    expect(watched.after(MINUTE).see().told()).toEqual(["phone: over: drone izar is lost"]);
    for (let times = 0; times < 10; times++) {
      expect(
        watched
          .after(MINUTE)
          .see({ drones: [lost("izar")] })
          .told(),
      ).toEqual([]);
      expect(watched.after(MINUTE).see().told()).toEqual([]);
    }
    watched.after(MINUTE).see({ drones: [lost("izar")] });
    expect(watched.told()).toEqual([]);
    expect(watched.state.wakeAt(watched.now)).toBe(START + 60 * MINUTE);
    watched.now = START + 60 * MINUTE;
    expect(watched.told()).toEqual(["phone: drone izar is lost"]);
  });

  test("what is over before it could be said again is never said", () => {
    const watched = new Watched().see({ drones: [lost("izar")] });
    watched.told();
    watched.after(MINUTE).see().told();
    watched
      .after(MINUTE)
      .see({ drones: [lost("izar")] })
      .told();
    watched.after(MINUTE).see();
    expect(watched.state.wakeAt(watched.now)).toBeNull();
    expect(watched.after(DAY).see().told()).toEqual([]);
  });

  test("many at once come as one summary, with what is over in it", () => {
    const many = Array.from({ length: 30 }, (_, index) => `a/broken${index}-1`);
    const watched = new Watched().see({ drones: [lost("izar")] });
    watched.told();
    watched.after(MINUTE).see({ runs: [failures(...many)] });
    const { notice } = watched.one();
    expect(notice).toMatchObject({ kind: "summary", title: "30 alerts, 1 over" });
    expect(notice.alerts).toHaveLength(31);
    expect(notice.text.split("\n")).toHaveLength(21);
    expect(notice.text).toContain("and 11 more: swarm alerts");
    watched.state.sent({ channel: "phone", notice }, watched.now);
    expect(watched.told()).toEqual([]);
  });

  test("what trickles in is gathered: three messages in five minutes, then one for the rest; critical ones do not wait", () => {
    const watched = new Watched();
    const cpvs: string[] = [];
    const told: string[][] = [];
    for (let index = 0; index < 12; index++) {
      cpvs.push(`a/p${index}-1`);
      told.push(watched.see({ runs: [failures(...cpvs)] }).told());
      watched.after(10_000);
    }
    expect(told.map((each) => each.length)).toEqual([1, 1, 1, ...Array(9).fill(0)]);
    expect(watched.state.wakeAt(watched.now)).toBe(START + 5 * MINUTE);
    const full = [{ name: "binhost main", freeBytes: 0, level: "low" as const }];
    watched.see({ runs: [failures(...cpvs)], disks: full });
    expect(watched.told()).toEqual(["phone: 10 alerts"]);
  });

  test("channels hear what is bad enough for them, each by itself", () => {
    const watched = new Watched();
    watched.channels = [
      { name: "mail", minSeverity: "critical" },
      { name: "phone", minSeverity: "warning" },
    ];
    watched.see({ drones: [lost("izar")], runs: [run({ step: "gate" })] });
    expect(watched.told()).toEqual(["phone: drone izar is lost"]);
    watched.see({ drones: [lost("izar")], runs: [run({ step: "failed" })] });
    expect(watched.told().sort()).toEqual([
      "mail: desktop-20261121-0101 failed",
      "phone: desktop-20261121-0101 failed",
    ]);
  });

  test("while a channel is away one message waits for it, and then it hears how things are then", () => {
    const watched = new Watched().see({ drones: [lost("izar")] });
    const waiting = watched.one();
    watched.after(60 * MINUTE).see({ drones: [lost("izar"), lost("tarn")] });
    expect(watched.state.take(watched.now)).toEqual([]);
    watched.after(60 * MINUTE).see({ drones: [lost("tarn")] });
    watched.state.sent(waiting, watched.now);
    expect(watched.told()).toEqual(["phone: drone tarn is lost", "phone: over: drone izar is lost"]);
  });

  test("a message that was given up is not taken for said: it is tried again, as what is true then", () => {
    const watched = new Watched().see({ drones: [lost("izar")] });
    const first = watched.one();
    watched.state.failed(first, "HTTP 500", watched.after(DAY).now);
    expect(watched.state.view().channels).toMatchObject([{ lastSuccess: null, lastError: { text: "HTTP 500" } }]);
    expect(watched.told()).toEqual([]);
    expect(watched.state.wakeAt(watched.now)).toBe(watched.now + 5 * MINUTE);
    expect(watched.after(5 * MINUTE).one().notice.id).not.toBe(first.notice.id);
  });

  test("a channel that is new hears what lasts; one that is gone has nothing on its way", () => {
    const watched = new Watched().see({ drones: [lost("izar")] });
    const sending = watched.one();
    watched.channels = [{ name: "mail", minSeverity: "info" }];
    watched.see({ drones: [lost("izar")] });
    expect(watched.state.isPending(sending)).toBe(false);
    expect(watched.told()).toEqual(["mail: drone izar is lost"]);
  });

  test("a test of a channel is no recovery: it has what lasts with it, as far as the channel hears of that", () => {
    const watched = new Watched();
    watched.channels = [...watched.channels, { name: "mail", minSeverity: "warning" }];
    watched.see({ drones: [lost("izar")], runs: [run({ step: "gate" })] });
    const others = (channel: string) => watched.state.testNotice(channel, "ann", START).others.toSorted();
    expect(others("phone")).toEqual(["desktop-20261121-0101 waits for finalize", "drone izar is lost"]);
    expect(others("mail")).toEqual(["drone izar is lost"]);
  });

  test("a message tells what lasts beside what it is about", () => {
    const watched = new Watched().see({ drones: [lost("izar")], runs: [run({ step: "gate" })] });
    expect(watched.one().notice).toMatchObject({
      ...{ title: "drone izar is lost", others: ["desktop-20261121-0101 waits for finalize"] },
    });
  });
});

test("continued as new, the state is what it was: what was said, what is on its way under its id, when to look", () => {
  const watched = new Watched().see({ drones: [lost("izar")] });
  const sending = watched.one();
  const saved = JSON.parse(JSON.stringify(watched.state.save())) as SavedAlerts;
  watched.state = new AlertsState(saved);
  expect(watched.state.pending()).toEqual([sending]);
  // Any observation will do: it says when to look again.
  expect(watched.state.request().digest).toBe("");
  watched.state.sent(sending, watched.now);
  expect(watched.see({ drones: [lost("izar")] }).told()).toEqual([]);
  const next = watched.see().one();
  expect(next.notice).toMatchObject({ kind: "recovered" });
  expect(next.notice.id).not.toBe(sending.notice.id);
});

test("the state stays small, whatever happens for how long", () => {
  const watched = new Watched();
  for (let day = 0; day < 300; day++) {
    watched.see({ runs: [failures(...Array.from({ length: 100 }, (_, index) => `a/p${index}-${day}`))] }).told();
    watched
      .after(6 * 60 * MINUTE)
      .see()
      .told();
  }
  expect(watched.state.view().recent).toHaveLength(100);
  expect(JSON.stringify(watched.state.save()).length).toBeLessThan(150_000);
});
