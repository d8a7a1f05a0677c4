import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frame } from "../../monitor/layout/frame.ts";
import { lineWidth, type Paint, render } from "../../monitor/line.ts";
import { LogText } from "../../monitor/logText.ts";
import { PANES } from "../../monitor/state.ts";
import { droneView, NOW, packageView, reading, runDrone, runView } from "../cli/views.ts";
import { packagesOfAll, paneOf, runEvents, SMALL, screen, shown, stateOf, WIDE } from "./shown.ts";

test("80x24 has everything: services, run, counts, what to do, drones, packages, events, keys", () => {
  expect(screen(stateOf())).toMatchInlineSnapshot(`
    [
      "═══ BUILD SWARM ═══                                                     01:13:04",
      "Engine: ✓ localhost:7233   Orchestrators: 2   Binhost: ✓ http://localhost:8080",
      "Run:    desktop-20261121-0101   building   12m 04s   ETA 2h 00m to 2h 45m",
      "QUEUE 47   BUILDING 1   DONE 36   BLOCKED 0   SKIPPED 0          ████░░░░░░  42%",
      "NEXT ACTION  48 packages left. There is nothing to do.",
      "─── DRONES 2 ───────────────────────────────────────────────────────────────────",
      "  ● izar  online     16 cores  load   8/16  1/2 slots",
      "     dev-libs/openssl-3.0.2    compile             3m 10s               -j8",
      "  ● tarn  online     14 cores  load   0/14  0/2 slots",
      "═══ PACKAGES 5 ═════════════════════════════════════════════════════════════════",
      "▸ ✗ app-misc/broken-1               blocked  compile phase: no such",
      "  → dev-libs/openssl-3.0.2          building izar, 3m 10s",
      "  · sys-apps/a-1                    queued   not in the snapshot",
      "  - app-misc/after-1                skipped  needs app-misc/broken-1",
      "  ✓ dev-libs/zlib-1.3               done     izar, 1m 30s",
      "─── EVENTS 3 ───────────────────────────────────────────────────────────────────",
      "  01:13:01 ✓ dev-libs/lib0-1 is received from tarn",
      "  01:13:02 ✓ dev-libs/lib1-1 is received from tarn",
      "  01:13:03 ✓ dev-libs/lib2-1 is received from tarn",
      "",
      "",
      "",
      "",
      "q quit l log / filter p pause u unblock b balance f finalize R reset ? help",
    ]
  `);
});

test("what is queued for after the run has a line of its own", () => {
  const queued = [{ atoms: ["@world"], by: "hook overlay", at: NOW }];
  const lines = screen(stateOf({ shown: shown({ reading: reading({ run: runView({ queued }) }) }) }));
  expect(lines[4]).toBe("Then:   @world (hook overlay)");
  expect(lines).toHaveLength(24);
});

test("a wide terminal has the events beside the drones and the packages", () => {
  const lines = screen(stateOf(), WIDE);
  expect(lines).toHaveLength(50);
  const titles = lines.find((line) => line.includes("DRONES")) ?? "";
  expect(titles).toContain("EVENTS");
  expect(titles.indexOf("│")).toBe(99);
});

test("every size gives exactly its lines, each exactly as wide, whatever is shown", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 120 });
  const wild = fc.record({
    columns: fc.integer({ min: 1, max: 300 }),
    rows: fc.integer({ min: 1, max: 90 }),
    text,
    focus: fc.constantFrom(...PANES),
    help: fc.boolean(),
    typing: fc.boolean(),
    hasLog: fc.boolean(),
    ascii: fc.boolean(),
  });
  fc.assert(
    fc.property(wild, ({ columns, rows, text, focus, help, typing, hasLog, ascii }) => {
      const logText = new LogText(0);
      logText.push(Buffer.from(`${text}\nline two\n`), 0);
      const log = {
        place: { run: "r", cpv: "a/b-1", attempt: 1 },
        ...{ text: logText, complete: false, problem: null, top: null, shift: 0, errorLine: text },
      };
      const state = stateOf({
        shown: shown({
          reading: reading({
            run: runView({ reason: text, paused: { reason: text, by: text, since: NOW } }),
            fleet: { drones: [droneView("izar", 16, { grounded: text })], refused: [] },
          }),
          packages: [packageView("a/b-1", { reason: text }), ...packagesOfAll()],
          events: [{ id: "1", at: NOW, kind: "operator", text }],
          stale: text === "" ? null : text,
        }),
        ...{ focus: hasLog ? focus : "packages", help, typing, filter: typing ? text : "", log: hasLog ? log : null },
        notice: { tone: "bad", lines: [text] },
      });
      const lines = frame(state, { columns, rows });
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect(lineWidth(line)).toBe(columns);
      const drawn = lines.map((line) => render(line, (_, part) => part, ascii)).join("");
      // biome-ignore lint/suspicious/noControlCharactersInRegex: nothing that moves the cursor may be left
      expect(drawn).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
      if (ascii) expect(drawn).toMatch(/^[ -~]*$/);
    }),
    { numRuns: 300 },
  );
});

test("what is too small says what it needs", () => {
  const lines = screen(stateOf(), { columns: 79, rows: 23 });
  expect(lines.join(" ")).toContain("The monitor needs 80x24, this terminal is 79x23.");
  expect(screen(stateOf(), { columns: 20, rows: 4 })).toHaveLength(4);
});

describe("drones", () => {
  const building = (estimateSeconds: number | undefined) => ({
    cpv: "dev-libs/openssl-3.0.2",
    ...{ attempt: 1, startedAt: NOW - 190_000, jobs: 8 },
    ...(estimateSeconds === undefined ? {} : { estimateSeconds }),
  });
  const drones = (estimateSeconds: number | undefined, seconds = 0): string[] => {
    const run = runView({ drones: [runDrone("izar", 16, { building: [building(estimateSeconds)] })] });
    const state = stateOf({ shown: shown({ reading: reading({ run }) }), now: NOW + seconds * 1000 });
    return paneOf(screen(state), "DRONES");
  };

  test("a build has a bar by its estimate, which goes on between two looks", () => {
    expect(drones(380)[2]).toContain("compile    ████░░░░ 3m 10s of 6m 20s");
    expect(drones(380, 95)[2]).toContain("██████░░ 4m 45s of 6m 20s");
  });

  test("what takes longer than estimated is shown as such", () => {
    expect(drones(180)[2]).toContain("████████ 3m 00s + 10s");
  });

  test("without an estimate there is no bar", () => {
    expect(drones(undefined)[2]).toMatch(/compile {13,}3m 10s +-j8/);
  });

  test("each has its state, its cores, the jobs of its builds, and why it builds nothing", () => {
    const fleet = {
      drones: [
        droneView("izar", 16),
        droneView("tarn", 4, { paused: true }),
        droneView("mira", 8, { grounded: "5 strikes" }),
        droneView("vega", 8, { state: "lost" }),
      ],
      refused: [],
    };
    const lines = paneOf(screen(stateOf({ focus: "drones", shown: shown({ reading: reading({ fleet }) }) })), "DRONES");
    expect(lines[1]).toMatch(/● izar {2}online {5}16 cores {2}load {3}8\/16 {2}1\/2 slots/);
    expect(lines.join("\n")).toMatch(/‖ tarn {2}paused.*✗ mira {2}grounded.*5 strikes.*○ vega {2}lost/s);
  });
});

describe("packages", () => {
  test("what an operator looks for comes first", () => {
    const lines = paneOf(screen(stateOf()), "PACKAGES").slice(1);
    expect(lines.map((line) => line.slice(2, 30).trim())).toEqual([
      "✗ app-misc/broken-1",
      "→ dev-libs/openssl-3.0.2",
      "· sys-apps/a-1",
      "- app-misc/after-1",
      "✓ dev-libs/zlib-1.3",
    ]);
  });

  test("a filter goes by name, state and drone, and is said", () => {
    const filtered = (filter: string) => paneOf(screen(stateOf({ filter })), "PACKAGES");
    expect(filtered("SSL")).toHaveLength(4);
    expect(filtered("SSL")[0]).toContain('PACKAGES 1 of 5 with "SSL"');
    expect(filtered("blocked")[1]).toContain("app-misc/broken-1");
    expect(filtered("izar").filter((line) => line.includes("/"))).toHaveLength(3);
    expect(filtered("nowhere")[1]).toContain('nothing has "nowhere"; Esc shows everything');
  });

  test("17,000 packages are laid out in well under a frame's time", () => {
    const packages = Array.from({ length: 17_000 }, (_, i) => packageView(`dev-libs/lib${i}-1`));
    const state = stateOf({ shown: shown({ packages, events: runEvents(5000) }) });
    const took = Array.from({ length: 20 }, (_, i) => {
      const start = performance.now();
      frame({ ...state, now: NOW + i * 1000 }, WIDE);
      return performance.now() - start;
    });
    // The quickest one: the machine has other work.
    expect(Math.min(...took)).toBeLessThan(30);
  });
});

test("the newest events are seen, until another one is chosen", () => {
  const events = runEvents(100);
  const last = (key: string | null) =>
    paneOf(
      screen(
        stateOf({ focus: "events", shown: shown({ events }), chosen: { drones: null, packages: null, events: key } }),
      ),
      "EVENTS",
    );
  expect(last(null).at(-1)).toContain("dev-libs/lib99-1 is received from tarn");
  expect(last(events[10]?.id ?? "").join("\n")).toContain("▸ ");
  expect(last(events[10]?.id ?? "").find((line) => line.startsWith("▸"))).toContain("dev-libs/lib10-1");
});

test("an engine that does not answer is said, with how old is what is shown; time stands still in it", () => {
  const stale = "the engine does not answer: connect refused";
  const run = runView({
    drones: [runDrone("izar", 16, { building: [{ cpv: "a/b-1", attempt: 1, startedAt: NOW - 60_000, jobs: 1 }] })],
  });
  const state = stateOf({
    shown: shown({
      stale,
      reading: reading({ run, engine: { address: "localhost:7233", problem: "connect refused" } }),
    }),
    now: NOW + 65_000,
  });
  const lines = screen(state);
  expect(lines[1]).toContain("Engine: ✗ localhost:7233");
  expect(lines.join("\n")).toMatch(
    /✗ shown is \d\d:\d\d:\d\d, 1m 05s ago: the engine does not answer: connect refused/,
  );
  expect(lines.join("\n")).toMatch(/a\/b-1 .* 1m 00s/);
  expect(lines[2]).toContain("12m 04s");
});

test("what nobody can say is not said to be none", () => {
  const silent = reading({ orchestrators: 0, fleet: null, run: null });
  const stale = "no orchestrator is running: nobody can say how the run is";
  const lines = screen(stateOf({ shown: shown({ reading: silent, stale, packages: [], events: [] }) }));
  for (const title of ["DRONES", "PACKAGES", "EVENTS"]) {
    expect(paneOf(lines, title)[1], title).toBe("  not known: nobody answers");
  }
  const begun = screen(stateOf({ shown: shown({ packages: [], events: [] }) }));
  expect(paneOf(begun, "EVENTS")[1]).toBe("  reading them ...");
});

test("the help has room for all its words on the smallest screen", () => {
  const lines = screen(stateOf({ help: true }));
  expect(lines.join("\n")).toContain("drop what is unpublished (asks)");
  expect(lines.join("\n")).toContain("of the drone's cores.");
  expect(lines.filter((line) => line.endsWith("…"))).toEqual([]);
});

test("what there is to do is told part by part", () => {
  const reason = "its clock is behind: set it, then restart the drone";
  const run = runView({
    drones: [runDrone("izar", 16, { reason }), runDrone("tarn", 8, { reason: "its disk is full" })],
  });
  const text = screen(stateOf({ shown: shown({ reading: reading({ run }) }) }), WIDE).join("\n");
  expect(text).toContain(`No drone takes work: izar: ${reason}; tarn: its disk is full → swarm drones`);
});

test("before the first answer the screen says whom it asks, or why nobody answers", () => {
  expect(screen(stateOf({ shown: null }))[1]).toBe("Asking the engine ...");
  expect(screen(stateOf({ shown: null, problem: "the gateway refuses: no" }))[1]).toBe("the gateway refuses: no");
});

test("colours mark what they mean; the chosen row is marked for terminals without them, too", () => {
  const marked: Paint = (style, text) => `<${style}>${text}</${style}>`;
  const lines = frame(stateOf(), SMALL).map((line) => render(line, marked, false));
  expect(lines[1]).toContain("<good>✓</good>");
  const chosen = lines.filter((line) => line.startsWith("<chosen>"));
  expect(chosen).toHaveLength(1);
  expect(chosen[0]).toContain("▸ ");
});

test("a long answer is cut, a question says what y does", () => {
  const lines = Array.from({ length: 9 }, (_, i) => `line ${i}`);
  expect(screen(stateOf({ notice: { tone: "bad", lines } })).slice(-5, -1)).toEqual([
    "line 0",
    "line 1",
    "line 2",
    "... and 6 more lines",
  ]);
  const action = { kind: "finalize", run: "r", acceptFailed: false } as const;
  const question = { text: "Publish 36 packages?", action };
  expect(screen(stateOf({ question })).slice(-2)).toEqual(["Publish 36 packages?", "y yes, do it   any other key no"]);
});
