import { describe, expect, test } from "vitest";
import { DAY, drone, GIB, lost, MINUTE, rules, run, START, Watched } from "./watched.ts";

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

  test("a text is true as long as its alert lasts: how much of a disk is free is told anew, since when it began is not", () => {
    const see = (freeGib: number, level: "low" | "near") => ({
      disks: [{ name: "drone izar", freeBytes: freeGib * GIB, level }],
      runs: [run({ paused: { reason: "disk", by: "ann", since: START - 60 * MINUTE } })],
    });
    const watched = new Watched().see(see(4, "low"));
    const told = () => watched.state.view().active.map(({ text, since }) => [text, since]);
    const pause = ["By ann, since 2026-11-20 23:00 UTC: disk", START];
    expect(told()).toEqual([["4.0 GiB free: less than 5 GiB.", START], pause]);
    expect(watched.state.request().until).toBe(START + 10 * MINUTE);
    watched.after(10 * MINUTE).see(see(1, "low"));
    expect(told()).toEqual([["1.0 GiB free: less than 5 GiB.", START], pause]);
    watched.after(10 * MINUTE).see(see(5.5, "near"));
    expect(told()).toEqual([["5.5 GiB free: hardly more than 5 GiB.", START], pause]);
    expect(watched.told()).toHaveLength(2);
    expect(watched.see({ runs: see(50, "near").runs }).state.request().until).toBeNull();
  });

  test("nothing starts, publishing fails, the run fails; a failed run lasts until the next of its target", () => {
    const watched = new Watched().see({ runs: [run({ stalled: { ready: 3, since: START - 25 * MINUTE } })] });
    expect(watched.state.view().active).toMatchObject([
      { rule: "nothing-starts", text: "3 packages could start, and nothing was started since 2026-11-20 23:35 UTC." },
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
    expect(watched.state.view().active[0]?.text).toBe("The last one began 2026-11-20 00:00 UTC.");
    expect(watched.see({ lastRunAt: watched.now, runs: [run()] }).active()).toEqual([]);
  });
});
