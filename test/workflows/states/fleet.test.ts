import { beforeEach, describe, expect, test } from "vitest";
import { FleetState } from "../../../workflows/states/fleet.ts";
import { facts, NOW } from "../../support/facts.ts";

let fleet: FleetState;
beforeEach(() => {
  fleet = new FleetState();
  fleet.enrol(facts("izar"), true, NOW);
});
const drone = () => fleet.drones()[0];

describe("enrolment", () => {
  test("a drone with the swarm's token is let in and attended", () => {
    expect(fleet.enrol(facts("tarn"), true, NOW)).toEqual({ accepted: true, reason: null });
    expect(fleet.attended()).toEqual(["izar", "tarn"]);
  });

  test("a drone without it is refused; the same refusal is shown once, the latest", () => {
    fleet.enrol(facts("x"), false, NOW);
    const answer = fleet.enrol(facts("x"), false, NOW + 5);
    expect(answer.reason).toContain("Copy the swarm's token file");
    expect(fleet.view().refused).toMatchObject([{ name: "x", at: NOW + 5 }]);
    expect(fleet.attended()).toEqual(["izar"]);
  });

  test("refusals are kept within a bound, the oldest go", () => {
    for (let i = 0; i < 30; i++) fleet.enrol(facts(`x${i}`), false, NOW + i);
    expect(fleet.view().refused).toHaveLength(20);
    expect(fleet.view().refused[0]?.name).toBe("x10");
  });

  test.each(["online", "suspect"] as const)("another machine cannot take the name of a drone that is %s", (state) => {
    fleet.setState("izar", state, NOW);
    expect(fleet.enrol(facts("izar", { id: "other" }), true, NOW).reason).toContain("is alive already");
    expect(fleet.idOf("izar")).toBe("izar-id");
  });

  test.each(["lost", "offline"] as const)("another machine may take the name of a drone that is %s", (state) => {
    fleet.setState("izar", state, NOW);
    expect(fleet.enrol(facts("izar", { id: "other" }), true, NOW).accepted).toBe(true);
    expect(fleet.idOf("izar")).toBe("other");
  });

  test("enrolling again keeps an operator's pause and the strikes", () => {
    fleet.act({ drone: "izar", action: "pause", by: "ann", reason: null }, NOW);
    fleet.strike("izar", "x");
    fleet.setState("izar", "lost", NOW + 1);
    fleet.enrol(facts("izar"), true, NOW + 2);
    expect(drone()).toMatchObject({ state: "online", paused: true, strikes: 1, since: NOW + 2 });
  });
});

test("what operators did is kept with who and why, and told once, also by the fleet's next execution", () => {
  const pause = { drone: "izar", action: "pause", by: "ann", reason: "new disk" } as const;
  fleet.act(pause, NOW + 1);
  // Paused already: it stays so as it was.
  fleet.act({ ...pause, by: "bert", reason: null }, NOW + 2);
  expect(drone()).toMatchObject({ paused: true, pause: { by: "ann", reason: "new disk", since: NOW + 1 } });
  expect(fleet.pausedBy("izar")).toBe("ann");
  fleet = new FleetState(structuredClone(fleet.save()));
  fleet.setState("izar", "lost", NOW + 3);
  fleet.enrol(facts("izar"), true, NOW + 4);
  expect(drone()?.pause?.by).toBe("ann");
  fleet.act({ drone: "izar", action: "resume", by: "bert", reason: null }, NOW + 5);
  expect(drone()).toMatchObject({ paused: false });
  expect(drone()?.pause).toBeUndefined();
  expect(fleet.takeActions()).toEqual([pause, { drone: "izar", action: "resume", by: "bert", reason: null }]);
  expect(fleet.takeActions()).toEqual([]);
  fleet.act({ drone: "nobody", action: "forget", by: "bert", reason: null }, NOW + 6);
  expect(fleet.takeActions()).toEqual([]);
});

describe("grounding", () => {
  test("five strikes ground a drone with the last reason and the way back; resume forgives them", () => {
    for (let i = 1; i <= 4; i++) fleet.strike("izar", `failure ${i}`);
    expect(drone()?.grounded).toBeNull();
    fleet.strike("izar", "failure 5");
    expect(drone()?.grounded).toContain("the last: failure 5. When mended: swarm drone resume izar");
    fleet.enrol(facts("izar"), true, NOW);
    expect(drone()?.grounded).toContain("failure 5");
    fleet.forgive("izar", NOW);
    expect(drone()).toMatchObject({ grounded: null, strikes: 0 });
  });

  test.each([61, -61])("a clock %i minutes off grounds, one that was set again does not", (minutes) => {
    fleet.report(facts("izar", { clock: NOW + minutes * 60_000 }), NOW);
    expect(drone()?.grounded).toContain(`its clock is 61 min ${minutes > 0 ? "ahead" : "behind"}`);
    fleet.report(facts("izar", { clock: NOW + 299_000 }), NOW);
    expect(drone()?.grounded).toBeNull();
  });

  test("a drone that had nothing to tell for long is not grounded for it when it is resumed or forgiven", () => {
    const later = NOW + 6 * 60_000;
    const pauseAndResume = (): void => {
      for (const action of ["pause", "resume"] as const)
        fleet.act({ drone: "izar", action, by: "a", reason: null }, later);
    };
    pauseAndResume();
    expect(drone()).toMatchObject({ paused: false, grounded: null });
    fleet.forgive("izar", later);
    expect(drone()?.grounded).toBeNull();
    // What it did tell still counts, also in the fleet's next execution.
    fleet.report(facts("izar", { clock: NOW - 600_000 }), NOW);
    fleet = new FleetState(structuredClone(fleet.save()));
    pauseAndResume();
    expect(drone()?.grounded).toBe("its clock is 10 min behind: set it, then restart the drone");
  });

  test("a fleet that an earlier version saved: who was grounded falsely is free when resumed", () => {
    const [saved] = fleet.save().drones;
    if (!saved) throw new Error("no drone");
    const { skew: _, ...earlier } = saved;
    earlier.view.grounded = "its clock is 6 min behind: set it, then restart the drone";
    fleet = new FleetState(structuredClone({ ...fleet.save(), drones: [earlier] }));
    fleet.act({ drone: "izar", action: "resume", by: "ann", reason: null }, NOW + 6 * 60_000);
    expect(drone()?.grounded).toBeNull();
    fleet.report(facts("izar", { clock: NOW - 600_000 }), NOW);
    expect(drone()?.grounded).toContain("10 min behind");
  });

  test("incident 8: low disk takes the drone out until it has room again", () => {
    fleet.report(facts("izar", { diskFreeBytes: 5 * 1024 * 1024 }), NOW);
    expect(drone()?.grounded).toBe("low disk: 5 MiB free");
    fleet.report(facts("izar"), NOW);
    expect(drone()?.grounded).toBeNull();
  });
});

test("an unknown drone is named with the known ones", () => {
  expect(fleet.unknown("izar")).toBeNull();
  expect(fleet.unknown("isar")).toBe("no drone isar; known: izar");
  fleet.act({ drone: "izar", action: "forget", by: "ann", reason: null }, NOW);
  expect(fleet.unknown("izar")).toBe("no drone izar; known: none yet");
});

describe("sharing among runs", () => {
  const shareOf = (run: string) => fleet.viewsFor(run).map(({ share }) => share);

  test("a run that is alone has all of each drone, whoever else wants to hear of changes", () => {
    fleet.subscribe("a", 0);
    fleet.subscribe("sync-verify", null);
    expect(fleet.setAppetite("a", 8)).toBe(false);
    expect(shareOf("a")).toEqual([undefined]);
    expect(fleet.isContended).toBe(false);
  });

  test("a second run changes nothing until it wants builds; then each has half, until one is gone", () => {
    fleet.subscribe("a", 0);
    fleet.subscribe("b", 0);
    expect([shareOf("a"), shareOf("b")]).toEqual([[{ slots: 2, part: 1 }], [{ slots: 0, part: 0 }]]);
    expect(fleet.setAppetite("a", 8)).toBe(false);
    expect([shareOf("a"), shareOf("b")]).toEqual([[{ slots: 2, part: 1 }], [{ slots: 0, part: 0 }]]);
    expect(fleet.isContended).toBe(false);
    expect(fleet.setAppetite("b", 8)).toBe(true);
    expect([shareOf("a"), shareOf("b")]).toEqual([[{ slots: 1, part: 0.5 }], [{ slots: 1, part: 0.5 }]]);
    expect(fleet.isContended).toBe(true);
    expect(fleet.setAppetite("b", 16)).toBe(false);
    expect(fleet.unsubscribe("a")).toBe(true);
    expect(fleet.unsubscribe("a")).toBe(false);
    expect(shareOf("b")).toEqual([undefined]);
  });

  test("the word of a run that has ended does not bring it back", () => {
    fleet.subscribe("a", 8);
    expect(fleet.setAppetite("gone", 8)).toBe(false);
    expect(fleet.subscribers()).toEqual(["a"]);
  });

  test.each([
    ["paused", () => fleet.act({ drone: "tarn", action: "pause", by: "ann", reason: null }, NOW)],
    ["lost", () => fleet.setState("tarn", "lost", NOW)],
    ["grounded", () => fleet.report(facts("tarn", { diskFreeBytes: 1 }), NOW)],
  ])("a drone that is %s is nobody's: what is left is divided", (_how, change) => {
    fleet.enrol(facts("tarn"), true, NOW);
    fleet.subscribe("a", 8);
    fleet.subscribe("b", 8);
    change();
    for (const run of ["a", "b"]) {
      expect(shareOf(run)).toEqual([
        { slots: 1, part: 0.5 },
        { slots: 0, part: 0 },
      ]);
    }
  });
});

test("the state survives its journey to the workflow's next run", () => {
  fleet.enrol(facts("x"), false, NOW);
  fleet.strike("izar", "x");
  fleet.subscribe("world-update/desktop", 4);
  fleet.subscribe("world-update/server", 1);
  const again = new FleetState(JSON.parse(JSON.stringify(fleet.save())));
  expect(again.view()).toEqual(fleet.view());
  for (const run of ["world-update/desktop", "world-update/server"]) {
    expect(again.viewsFor(run)).toEqual(fleet.viewsFor(run));
    expect(again.viewsFor(run)).toMatchObject([{ share: { slots: 1 } }]);
  }
});

test("a run that wants builds and gets no slot is told of again: whoever has it may be gone without a word", () => {
  fleet.enrol(facts("izar", { slots: 1 }), true, NOW);
  fleet.subscribe("b", 8);
  fleet.subscribe("a", 0);
  expect(fleet.setAppetite("a", 1)).toBe(true);
  expect(fleet.viewsFor("a").map(({ share }) => share?.slots)).toEqual([0]);
});
