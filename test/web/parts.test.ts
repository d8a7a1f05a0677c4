import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { barsOf } from "../../model/bars.ts";
import { EventStreamParser } from "../../model/eventStream.ts";
import type { PackageView } from "../../model/run.ts";
import { timestamp } from "../../model/words.ts";
import { AnsiReader } from "../../web/src/lib/ansi.ts";
import { doneAbout } from "../../web/src/lib/doneAbout.ts";
import { layOut } from "../../web/src/lib/graphLayout.ts";
import { toLanes } from "../../web/src/lib/lanes.ts";
import { LogLines } from "../../web/src/lib/logLines.ts";
import { filterRows, sortRows, toRow } from "../../web/src/lib/packageList.ts";
import { moved, ticks, zoomed } from "../../web/src/lib/zoom.ts";

describe("a stream of server-sent events", () => {
  const stream =
    'id: 1\nevent: state\ndata: {"a":1}\n\n: comment\r\n\r\ndata: one\ndata: two\r\n\r\nid: 7\rdata:x\r\revent: ping\n\n';
  const messages = [
    { event: "state", data: '{"a":1}', id: "1" },
    { event: "message", data: "one\ntwo", id: "1" },
    { event: "message", data: "x", id: "7" },
  ];

  test("is cut into messages with the last id that was said; an event without data is none", () => {
    expect(new EventStreamParser().push(stream)).toEqual(messages);
  });

  test("means the same wherever the network cuts it", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 20 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const parser = new EventStreamParser();
        const got = at.slice(1).flatMap((to, i) => parser.push(stream.slice(at[i], to)));
        expect(got).toEqual(messages);
      }),
    );
  });

  test("goes on from the id of an earlier one", () => {
    expect(new EventStreamParser("41").push("data: x\n\n")[0]?.id).toBe("41");
  });
});

describe("terminal colours", () => {
  const line = (text: string) => new AnsiReader().line(text);

  test("become classes; what a page's policy forbids to write into the document becomes a colour of the script", () => {
    expect(line("\x1b[32;01m>>>\x1b[0m ok \x1b[1;4;91mbad\x1b[m")).toEqual([
      { text: ">>>", classes: "b f-2" },
      { text: " ok ", classes: "" },
      { text: "bad", classes: "b u f-9" },
    ]);
    expect(line("\x1b[38;5;208ma\x1b[48;2;1;2;300mb\x1b[39;49mc")).toEqual([
      { text: "a", classes: "", color: expect.stringMatching(/^light-dark\(rgb\(\d+ \d+ 0\), rgb\(255 135 0\)\)$/) },
      { text: "b", classes: "", color: "rgb(255 135 0)", background: "rgb(1 2 255)" },
      { text: "c", classes: "" },
    ]);
    expect(line("\x1b[7mturned\x1b[27m")[0]?.classes).toBe("f-back g-front");
  });

  test("last from one line to the next, and what else a terminal obeys is left out", () => {
    const reader = new AnsiReader();
    reader.line("\x1b[33mwarning");
    expect(reader.line("more\x1b[K\x1b]0;title\x07\x1b[2Jtext\x00\x08")).toEqual([
      { text: "more", classes: "f-3" },
      { text: "text", classes: "f-3" },
    ]);
    expect(line("10 %\r50 %\r100 %\r")).toEqual([{ text: "100 %", classes: "" }]);
  });

  test("are too many in a line: the rest of it is plain, and the next line has the look that it ended with", () => {
    const reader = new AnsiReader();
    const runs = reader.line(Array.from({ length: 500 }, (_, i) => `\x1b[3${i % 7}m${i % 10}`).join(""));
    expect(runs).toHaveLength(101);
    expect(runs.map(({ text }) => text).join("")).toBe("0123456789".repeat(50));
    expect(runs.at(-1)).toMatchObject({ classes: "", text: "0123456789".repeat(40) });
    expect(reader.line("next")).toEqual([{ text: "next", classes: `f-${499 % 7}` }]);
  });

  test("no text gives a control character or an error", () => {
    const odd = fc.string({
      unit: fc.constantFrom("\x1b", "[", "m", ";", "3", "8", "\x07", "\r", "a", "\x9b", "\x00"),
    });
    fc.assert(
      fc.property(odd, (text) => {
        for (const { text: shown } of line(text)) expect([...shown].filter((one) => one < " ")).toEqual([]);
      }),
    );
  });
});

test("a log in pieces: characters and lines are whole wherever it is cut, and only the last lines are kept", () => {
  const text = Array.from({ length: 30 }, (_, i) => `Zeile ${i} äöü ✓`).join("\n");
  const bytes = Buffer.from(text);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 30 }), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const log = new LogLines(10);
      for (const [i, to] of at.slice(1).entries()) log.push(bytes.subarray(at[i], to));
      log.finish();
      expect(log.dropped).toBe(20);
      expect(log.lines.map(({ runs }) => runs[0]?.text)).toEqual(text.split("\n").slice(20));
    }),
  );
  const endless = new LogLines(10);
  for (let i = 0; i < 200; i++) endless.push(Buffer.alloc(10_000, "x"));
  endless.finish();
  expect(endless.lines[0]?.runs[0]?.text.length).toBeLessThan(5_000);
  const wide = new LogLines(5_000);
  for (let i = 0; i < 10; i++) wide.push(Buffer.from(`${"x".repeat(3_000)}\n`.repeat(100)));
  const kept = wide.lines.reduce((sum, { runs }) => sum + (runs[0]?.text.length ?? 0), 0);
  expect([wide.lines.length + wide.dropped, kept <= 1024 * 1024, kept > 1_000_000]).toEqual([1_000, true, true]);
  expect(wide.lines.at(-1)?.number).toBe(999);
});

describe("the end of a log", () => {
  const textOf = (log: LogLines) => log.lines.map(({ runs }) => runs.map(({ text }) => text).join(""));
  const push = (log: LogLines, text: string) => log.push(Buffer.from(text));

  test("is shown before its line has ended, with its colours, and the same again until more comes", () => {
    const log = new LogLines(10);
    push(log, "first\n\x1b[32mchecking... \x1b[3");
    expect(textOf(log)).toEqual(["first", "checking... "]);
    const before = log.lines;
    log.push(new Uint8Array());
    expect(log.lines).toBe(before);
    push(log, "1mno\nlast");
    expect(log.lines.slice(1)).toEqual([
      ...[{ number: 1, length: 14, runs: [run("checking... ", "f-2"), run("no", "f-1")] }],
      ...[{ number: 2, length: 4, runs: [run("last", "f-1")] }],
    ]);
    expect(log.dropped).toBe(0);
    log.finish();
    expect(textOf(log)).toEqual(["first", "checking... no", "last"]);
  });

  test("is what a progress was written over with last, however long it became and however it came", () => {
    const progress = Array.from({ length: 20_000 }, (_, i) => `\r${i} of 20000`).join("");
    const whole = new LogLines(10);
    push(whole, progress);
    expect(textOf(whole)).toEqual(["19999 of 20000"]);
    push(whole, "\r\n");
    expect(textOf(whole)).toEqual(["19999 of 20000"]);
    fc.assert(
      fc.property(fc.array(fc.nat(progress.length), { maxLength: 20 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), progress.length];
        const log = new LogLines(10);
        for (const [i, to] of at.slice(1).entries()) push(log, progress.slice(at[i], to));
        expect(textOf(log)).toEqual(["19999 of 20000"]);
      }),
    );
    const long = new LogLines(10);
    push(long, `${"x".repeat(100_000)}\r`);
    expect(textOf(long)[0]).toMatch(/^x{4000} … \(cut\)$/);
    push(long, "short");
    expect(textOf(long)).toEqual(["short"]);
  });

  const run = (text: string, classes: string) => ({ text, classes });
});

function view(cpv: string, state: PackageView["state"], drone?: string, seconds = 1): PackageView {
  const attempt = { attempt: 1, drone: drone ?? "", jobs: 4, startedAt: 0, endedAt: seconds * 1000 };
  return { cpv, state, reason: "new", attempts: drone ? [attempt] : [] };
}

test("packages are filtered by state and by every word, and sorted either way", () => {
  const rows = [
    view("dev-libs/beta-1", "received", "izar", 3),
    view("dev-libs/alpha-1", "failed", "tarn", 9),
    view("app/gamma-1", "needed"),
  ].map(toRow);
  const names = (found: typeof rows) => found.map(({ cpv }) => cpv);
  expect(names(sortRows(rows, "package", false, 0))).toEqual(["app/gamma-1", "dev-libs/alpha-1", "dev-libs/beta-1"]);
  expect(names(sortRows(rows, "time", true, 0))).toEqual(["dev-libs/alpha-1", "dev-libs/beta-1", "app/gamma-1"]);
  expect(names(sortRows(rows, "state", false, 0))[0]).toBe("dev-libs/alpha-1");
  expect(names(filterRows(rows, null, "LIBS  tarn"))).toEqual(["dev-libs/alpha-1"]);
  expect(names(filterRows(rows, "needed", ""))).toEqual(["app/gamma-1"]);
});

describe("a timeline", () => {
  test("puts builds at the same time into rows of their own, and uses a row again when it is free", () => {
    const bar = (cpv: string, start: number, end: number | null, drone = "izar") =>
      ({ cpv, attempt: 1, drone, jobs: 1, start, end, result: "received", critical: false }) as const;
    const lanes = toLanes(
      [bar("c", 5, 9), bar("a", 0, 5), bar("b", 1, null), bar("d", 0, 1, "tarn")],
      ["izar", "vega"],
      10,
    );
    expect(lanes.map(({ drone, rows }) => [drone, rows])).toEqual([
      ["izar", 2],
      ["vega", 1],
      ["tarn", 1],
    ]);
    expect(lanes[0]?.bars.map(({ bar: { cpv }, row }) => [cpv, row])).toEqual([
      ["a", 0],
      ["b", 1],
      ["c", 0],
    ]);
  });

  const once = (attempt: number, startedAt: number, more: object) => ({
    ...{ attempt, drone: "izar", jobs: 1, startedAt, ...more },
  });
  const failure = { class: "package", message: "no" } as const;
  const known: PackageView[] = [
    {
      ...{ cpv: "a/b-1", state: "received", reason: "new" },
      attempts: [
        once(1, 0, { endedAt: 5, failure }),
        once(2, 5, { endedAt: 8, supersededBy: 3, failure }),
        once(3, 6, { endedAt: 8, supersededBy: 4 }),
        once(4, 7, { endedAt: 8 }),
        once(5, 8, { endedAt: 9 }),
      ],
    },
    { cpv: "a/c-1", state: "delegated", reason: "new", attempts: [once(1, 20, {})] },
    { cpv: "a/d-1", state: "needed", reason: "new", attempts: [once(1, 30, { endedAt: 31 })] },
  ];
  const told = (endedAt: number | null) =>
    barsOf(known, { critical: new Set(["a/b-1", "a/c-1"]), endedAt }).map(({ result, end, critical }) => [
      ...[result, end, critical],
    ]);

  test("tells of each attempt what has become of it; only what was built or is being built decides when all is done", () => {
    expect(told(null)).toEqual([
      ["failed", 5, false],
      ["failed", 8, false],
      ["superseded", 8, false],
      ["superseded", 8, false],
      ["received", 9, true],
      ["building", null, true],
      ["superseded", 31, false],
    ]);
  });

  test("of a run that was cancelled has nothing that is still being built, and is else the same as while it went on", () => {
    const [live, past] = [told(null), told(50)];
    expect(past[5]).toEqual(["superseded", 50, false]);
    expect(past.toSpliced(5, 1)).toEqual(live.toSpliced(5, 1));
  });

  test("is zoomed and moved within what there is, and its axis has round times", () => {
    const whole = { from: 0, to: 1_000_000 };
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 0.1, max: 4, noNaN: true }), fc.double({ min: -1, max: 1, noNaN: true }))),
        (steps) => {
          let span = whole;
          for (const [factor, part] of steps) span = moved(zoomed(span, factor, Math.abs(part), whole), part, whole);
          expect(span.from).toBeGreaterThanOrEqual(0);
          expect(span.to).toBeLessThanOrEqual(1_000_000.001);
          expect(span.to - span.from).toBeGreaterThanOrEqual(1_999.999);
        },
      ),
    );
    const { step, times } = ticks({ from: 1_000, to: 601_000 }, 10);
    expect([step, times.length]).toEqual([60_000, 10]);
    expect(times.every((time) => time % 60_000 === 0)).toBe(true);
  });
});

test("a graph has what is needed on the left and what needs it on the right, by distance, the most worth first", () => {
  const node = (cpv: string, state: PackageView["state"] = "needed") => ({ cpv, state, estimateSeconds: 1 });
  const graph = {
    nodes: [
      node("mid"),
      node("low"),
      node("lower", "received"),
      node("up1", "received"),
      node("up2", "failed"),
      node("side"),
    ],
    edges: [
      ["mid", "low"],
      ["low", "lower"],
      ["up1", "mid"],
      ["up2", "mid"],
      ["up2", "lower"],
    ] as [string, string][],
    critical: [],
  };
  const { columns, lines } = layOut(graph, "mid", 1);
  expect(columns.map(({ level, nodes, hidden }) => [level, nodes.map(({ cpv }) => cpv), hidden])).toEqual([
    [-2, ["lower"], 0],
    [-1, ["low"], 0],
    [0, ["mid"], 0],
    [1, ["up2"], 1],
  ]);
  expect(lines).toContainEqual({ from: "lower", to: "up2" });
  expect(lines).not.toContainEqual({ from: "mid", to: "up1" });
});

test("when a run should be done has its day where the time of day alone could be of another one", () => {
  const at = Date.parse("2026-11-21T12:00:00Z");
  const told = (hours: number, high: number) =>
    doneAbout({ etaSeconds: hours * 3600, etaRange: { low: 0, high: high * 3600 } }, at);
  const time = (hours: number) => timestamp(at + hours * 3_600_000).slice(0, 16);
  expect(told(3, 19)).toBe(`done about ${time(3).slice(11)}`);
  expect(told(19, 26)).toBe(`done about ${time(19)}`);
  expect(told(50, 50)).toBe(`done about ${time(50)}`);
});
