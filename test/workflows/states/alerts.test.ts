import { describe, expect, test } from "vitest";
import { AlertsState, type SavedAlerts } from "../../../workflows/states/alerts.ts";
import { DAY, failures, lost, MINUTE, run, START, Watched } from "./watched.ts";

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
