import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PackageView } from "../../model/run.ts";
import { AnsiReader } from "../../web/src/lib/ansi.ts";
import { layOut } from "../../web/src/lib/graphLayout.ts";
import { liveBars, toLanes } from "../../web/src/lib/lanes.ts";
import { LogLines } from "../../web/src/lib/logLines.ts";
import { filterRows, sortRows, toRow } from "../../web/src/lib/packageList.ts";
import { moved, ticks, zoomed } from "../../web/src/lib/zoom.ts";
import { EventStreamParser } from "../../web/src/wire/eventStream.ts";

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
      { text: "a", classes: "", color: "rgb(255 135 0)" },
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
  expect(names(sortRows(rows, "package", false))).toEqual(["app/gamma-1", "dev-libs/alpha-1", "dev-libs/beta-1"]);
  expect(names(sortRows(rows, "time", true))).toEqual(["dev-libs/alpha-1", "dev-libs/beta-1", "app/gamma-1"]);
  expect(names(sortRows(rows, "state", false))[0]).toBe("dev-libs/alpha-1");
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

  test("tells of each attempt what has become of it", () => {
    const attempts = [
      {
        attempt: 1,
        drone: "izar",
        jobs: 1,
        startedAt: 0,
        endedAt: 5,
        failure: { class: "package", message: "no" } as const,
      },
      { attempt: 2, drone: "izar", jobs: 1, startedAt: 5, endedAt: 8, supersededBy: 3 },
      { attempt: 3, drone: "tarn", jobs: 1, startedAt: 6, endedAt: 9 },
    ];
    const done: PackageView = { cpv: "a/b-1", state: "received", reason: "new", attempts };
    expect(liveBars([done], new Set()).map(({ result }) => result)).toEqual(["failed", "superseded", "received"]);
    const [running] = liveBars(
      [
        {
          ...done,
          state: "delegated",
          attempts: [{ ...attempts[2], attempt: 1, drone: "x", jobs: 1, startedAt: 1, endedAt: undefined } as never],
        },
      ],
      new Set(["a/b-1"]),
    );
    expect(running).toMatchObject({ result: "building", end: null, critical: true });
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
