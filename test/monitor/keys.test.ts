import { describe, expect, test } from "vitest";
import { askFinalize, type Effect, type KeyPress, type NamedKey, press } from "../../monitor/keys.ts";
import { LogText } from "../../monitor/logText.ts";
import type { Preview } from "../../monitor/source.ts";
import type { MonitorState } from "../../monitor/state.ts";
import { reading, runView } from "../cli/views.ts";
import { runEvents, SMALL, screen, shown, stateOf } from "./shown.ts";

const NAMES = /^(up|down|left|right|pageUp|pageDown|home|end|enter|escape|backspace|tab|backTab|ctrl-[clz])$/;

/** Presses keys one after the other: names, or characters. */
function pressed(state: MonitorState, ...keys: string[]): { state: MonitorState; effects: Effect[] } {
  const effects: Effect[] = [];
  let now = state;
  for (const key of keys) {
    const one: KeyPress = NAMES.test(key) ? { name: key as NamedKey } : { character: key };
    const { state: next, effect } = press(now, one, SMALL);
    now = next;
    if (effect) effects.push(effect);
  }
  return { state: now, effects };
}

const withRun = (changes: Parameters<typeof runView>[0]): MonitorState =>
  stateOf({ shown: shown({ reading: reading({ run: runView(changes) }) }) });

/** Of the run that is shown. */
const run = "desktop-20261121-0101";

/** The row that keys act on. */
function chosen(state: MonitorState): string {
  return screen(state).find((line) => line.startsWith("▸")) ?? "";
}

function withLog(lines: number): MonitorState {
  const text = new LogText(0);
  text.push(Buffer.from(Array.from({ length: lines }, (_, i) => `line ${i}\n`).join("")), 0);
  const place = { run: "r", cpv: "a/b-1", attempt: 1 };
  const log = { place, text, complete: false, problem: null, top: null, shift: 0, errorLine: null };
  return stateOf({ log, focus: "log" });
}

test("q and Ctrl-C leave from everywhere but where text is typed", () => {
  const quit = [{ kind: "quit" }];
  expect(pressed(stateOf(), "q").effects).toEqual(quit);
  expect(pressed(withLog(3), "q").effects).toEqual(quit);
  expect(pressed(stateOf(), "?", "q").effects).toEqual([]);
  const typing = pressed(stateOf(), "/", "q");
  expect(typing.effects).toEqual([]);
  expect(typing.state.filter).toBe("q");
  for (const before of [["/"], ["?"], ["R"], []]) expect(pressed(stateOf(), ...before, "ctrl-c").effects).toEqual(quit);
});

describe("choosing", () => {
  test("arrows, pages, Home and End move the chosen row and stop at the ends", () => {
    const down = pressed(stateOf(), "down", "down");
    expect(chosen(down.state)).toContain("sys-apps/a-1");
    expect(chosen(pressed(down.state, "end", "down").state)).toContain("dev-libs/zlib-1.3");
    expect(chosen(pressed(down.state, "home", "up").state)).toContain("app-misc/broken-1");
    expect(chosen(pressed(stateOf(), "pageDown").state)).toContain("dev-libs/zlib-1.3");
  });

  test("what was chosen stays chosen when the rows change their order", () => {
    const { state } = pressed(stateOf(), "down");
    const packages = (state.shown?.packages ?? []).map((each) =>
      each.cpv === "dev-libs/openssl-3.0.2" ? { ...each, state: "received" as const } : each,
    );
    expect(chosen({ ...state, shown: shown({ packages }) })).toMatch(/✓ dev-libs\/openssl-3\.0\.2/);
  });

  test("Tab goes around the panes, Shift-Tab back", () => {
    const order = ["events", "drones", "packages"];
    let { state } = { state: stateOf() };
    for (const pane of order) {
      state = pressed(state, "tab").state;
      expect(state.focus).toBe(pane);
    }
    expect(pressed(state, "backTab").state.focus).toBe("drones");
  });

  test("the events follow what comes until an older one is chosen, and again from the last one on", () => {
    const events = runEvents(100);
    const before = stateOf({ focus: "events", shown: shown({ events }) });
    const held = pressed(before, "up", "up").state;
    const more = { shown: shown({ events: [...events, ...runEvents(101).slice(-1)] }) };
    expect(chosen({ ...held, ...more })).toContain("lib97-1");
    expect(chosen({ ...pressed(held, "end").state, ...more })).toContain("lib100-1");
  });
});

describe("the filter", () => {
  test("is typed, mended, kept with Enter and ended with Escape", () => {
    const typed = pressed(stateOf(), "/", "z", "x", "backspace", "l").state;
    expect(typed).toMatchObject({ filter: "zl", typing: true });
    expect(screen(typed).at(-1)).toContain("/zl█");
    const kept = pressed(typed, "enter").state;
    expect(chosen(kept)).toContain("dev-libs/zlib-1.3");
    expect(pressed(kept, "escape").state.filter).toBe("");
    expect(pressed(typed, "escape").state).toMatchObject({ filter: "", typing: false });
  });
});

describe("acting", () => {
  const acts = (state: MonitorState, ...keys: string[]) => pressed(state, ...keys).effects;

  test("balance, unblock and pause are done at once; a paused run is resumed", () => {
    expect(acts(stateOf(), "b")).toEqual([{ kind: "act", action: { kind: "balance", run } }]);
    expect(acts(stateOf(), "u")).toEqual([{ kind: "act", action: { kind: "unblock", run } }]);
    expect(acts(stateOf(), "p")).toEqual([{ kind: "act", action: { kind: "pause", run } }]);
    const paused = withRun({ paused: { reason: "lunch", by: "ann", since: 0 } });
    expect(acts(paused, "p")).toEqual([{ kind: "act", action: { kind: "resume", run } }]);
    expect(screen(paused).at(-1)).toContain("p resume");
  });

  const counts = { needed: 0, delegated: 0, received: 36, failed: 2, skipped: 1 };
  const preview: Preview = {
    ...{ run, bytes: 3 * 2 ** 20, risk: "none", words: ["Everything is built and checked."], refusal: null },
    added: ["a/new-1", "a/new-2"],
    changed: Array.from({ length: 40 }, (_, i) => `lib${i}-1 → dev-libs/lib${i}-2`),
    failed: [],
    skipped: [],
  };

  test("finalize shows what would be published and asks; only y does it", () => {
    const looked = pressed(withRun({ step: "gate", counts }), "f");
    expect(looked.effects).toEqual([{ kind: "preview" }]);
    expect(looked.state.question).toBeNull();
    const failed = ["a/broken-1: compile phase: no", "a/broken-2: no"];
    const words = ["3 packages of the update would be missing."];
    const asked = askFinalize(looked.state, { ...preview, failed, skipped: ["a/after-1"], risk: "some", words });
    expect(asked.question?.text).toBe(
      `Publish 42 packages (3.0 MiB) of ${run}, without the 2 that failed and the 1 that need them? ${words}`,
    );
    const lines = screen(asked);
    expect(lines.join("\n")).toMatch(
      /FAILED, left out 2\n {2}a\/broken-1: compile phase: no\n {2}a\/broken-2: no\nNEED THEM, left out 1\n {2}a\/after-1\nNEW 2\n {2}a\/new-1\n {2}a\/new-2\nCHANGED 40\n[\s\S]* {2}\.\.\. and \d+ more: swarm verify\n/,
    );
    expect(lines.at(-1)).toBe("y yes, do it   any other key no");
    expect(acts(asked, "y")).toEqual([{ kind: "act", action: { kind: "finalize", run, acceptFailed: true } }]);
    for (const key of ["n", "q", "escape", "enter", "f"]) {
      const { state, effects } = pressed(asked, key);
      expect(effects).toEqual([]);
      expect(state.question).toBeNull();
      expect(state.notice?.lines).toEqual(["Nothing was changed."]);
    }
    const clean = askFinalize(looked.state, preview);
    expect(clean.question?.text).toContain("Clients get them with their next update.");
    expect(acts(clean, "y")).toEqual([{ kind: "act", action: { kind: "finalize", run, acceptFailed: false } }]);
  });

  test("what would be refused, or is of another run, is not asked", () => {
    const gate = withRun({ step: "gate", counts });
    const refusal = "The run counts 3 packages as received that the binhost does not have. Reset, and run again.";
    const refused = askFinalize(gate, { ...preview, risk: "do not", words: [refusal], refusal });
    expect([refused.question, refused.notice?.lines]).toEqual([null, [refusal]]);
    const other = askFinalize(gate, { ...preview, run: "desktop-20261122-0101" });
    expect(other.question).toBeNull();
    expect(other.notice?.lines[0]).toContain(`${run} is not the run any more: that is desktop-20261122-0101`);
    // The answer came late: who types a filter meanwhile must not publish with a y in it.
    expect(askFinalize({ ...gate, typing: true }, preview).question).toBeNull();
  });

  test.each([
    ["build", { needed: 3, delegated: 1, received: 36, failed: 0, skipped: 0 }, "has 4 packages left"],
    ["gate", { needed: 0, delegated: 0, received: 0, failed: 2, skipped: 0 }, "Nothing was built"],
  ] as const)("finalize at %s says why not, and sends nothing", (step, counts, text) => {
    const { state, effects } = pressed(withRun({ step, counts }), "f", "y");
    expect(effects).toEqual([]);
    expect(pressed(withRun({ step, counts }), "f").state.notice?.lines.join()).toContain(text);
    expect(state.question).toBeNull();
  });

  test("reset asks and says what is lost", () => {
    const asked = pressed(stateOf(), "R").state;
    expect(asked.question?.text).toContain("36 packages built and not published, 1 build under way");
    expect(acts(asked, "y")).toEqual([{ kind: "act", action: { kind: "reset", run } }]);
    expect(acts(asked, "n")).toEqual([]);
    expect(acts(stateOf(), "r", "y")).toEqual([]);
  });

  test("without a run there is nothing to ask", () => {
    const none = stateOf({ shown: shown({ reading: reading({ run: null }), packages: [], events: [] }) });
    for (const key of ["f", "R", "l", "b", "u", "p"]) {
      const { state, effects } = pressed(none, key);
      expect(effects).toEqual([]);
      expect(state.question).toBeNull();
      expect(state.notice?.lines[0]).toMatch(/no run|nothing chosen/i);
    }
  });

  test("where nobody answers it is not said that there is no run", () => {
    const silent = reading({ orchestrators: 0, fleet: null, run: null });
    const stale = "no orchestrator is running: nobody can say how the run is";
    const unknown = stateOf({ shown: shown({ reading: silent, stale, packages: [], events: [] }) });
    for (const state of [unknown, stateOf({ shown: null })]) {
      for (const key of ["f", "R", "b", "u", "p"]) {
        const after = pressed(state, key);
        expect(after.effects).toEqual([]);
        expect(after.state.notice?.lines[0]).toMatch(/^Nothing was done: /);
      }
    }
    expect(pressed(unknown, "R").state.notice?.lines[0]).toContain("swarm reset");
  });

  test("nothing is done in a terminal that is too small to show what is asked", () => {
    for (const key of ["p", "u", "b", "f", "R", "l", "/"]) {
      const state = stateOf();
      expect(press(state, { character: key }, { columns: 60, rows: 20 })).toEqual({ state });
    }
    const asked = pressed(stateOf(), "R").state;
    expect(press(asked, { character: "y" }, { columns: 80, rows: 23 })).toEqual({ state: asked });
    const quit = { effect: { kind: "quit" } };
    expect(press(stateOf(), { character: "q" }, { columns: 60, rows: 20 })).toMatchObject(quit);
  });
});

describe("the log", () => {
  test("is that of the chosen package, build, drone or event", () => {
    const place = (state: MonitorState, ...keys: string[]) => pressed(state, ...keys, "l").effects;
    const openssl = { run, cpv: "dev-libs/openssl-3.0.2", attempt: 1 };
    expect(place(stateOf(), "down")).toEqual([{ kind: "log", place: openssl }]);
    expect(place(stateOf({ focus: "drones" }))).toEqual([{ kind: "log", place: openssl }]);
    expect(place(stateOf({ focus: "drones" }), "down")).toEqual([{ kind: "log", place: openssl }]);
    expect(place(stateOf({ focus: "events" }))).toEqual([
      { kind: "log", place: { run, cpv: "dev-libs/lib2-1", attempt: 1 } },
    ]);
  });

  test("of what was not started, or builds nothing, there is none: it says so", () => {
    const told = (state: MonitorState, ...keys: string[]) => pressed(state, ...keys, "l").state.notice?.lines[0];
    expect(told(stateOf(), "down", "down")).toContain("sys-apps/a-1 was not started yet");
    expect(told(stateOf({ focus: "drones" }), "end")).toContain("tarn builds nothing now");
  });

  test("it follows its end, is held where it was scrolled to, and follows again from its end on", () => {
    const seen = (state: MonitorState) => screen(state).filter((line) => /^line \d+$/.test(line));
    const follow = withLog(100);
    expect(seen(follow).at(-1)).toBe("line 99");
    const held = pressed(follow, "pageUp").state;
    expect(seen(held).at(-1)).not.toBe("line 99");
    held.log?.text.push(Buffer.from("line 100\n"), held.log.text.end);
    const before = seen(held);
    held.log?.text.push(Buffer.from("line 101\n"), held.log.text.end);
    expect(seen(held)).toEqual(before);
    expect(screen(held).find((line) => line.includes("LOG"))).toContain("held: End follows");
    expect(seen(pressed(held, "home").state)[0]).toBe("line 0");
    const end = pressed(held, "end").state;
    expect(seen(end).at(-1)).toBe("line 101");
    expect(end.log?.top).toBeNull();
  });

  test("long lines are shifted; Escape and l close it", () => {
    const state = withLog(3);
    expect(pressed(state, "right", "right", "left").state.log?.shift).toBe(20);
    expect(pressed(state, "left").state.log?.shift).toBe(0);
    for (const key of ["escape", "l"])
      expect(pressed(state, key).state).toMatchObject({ log: null, focus: "packages" });
  });
});

test("nothing is sent to an engine that does not answer, also not what it was asked before", () => {
  const run = runView({ step: "gate", counts: { needed: 0, delegated: 0, received: 3, failed: 0, skipped: 0 } });
  const engine = { address: "localhost:7233", problem: "connection refused" };
  for (const keys of [["b"], ["u"], ["p"], ["f"], ["R", "y"]]) {
    const away = stateOf({ shown: shown({ reading: reading({ run, engine }) }) });
    const { state, effects } = pressed(away, ...keys);
    expect(effects).toEqual([]);
    expect(state.notice?.lines).toEqual(["Nothing was done: the engine does not answer."]);
  }
});
