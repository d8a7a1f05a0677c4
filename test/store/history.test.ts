import { describe, expect, test } from "vitest";
import type { AttemptRecord } from "../../model/history.ts";
import { ALL, attemptAt, failureAt, newHistory } from "./historySupport.ts";

describe("recording", () => {
  test("every field of an attempt comes back as it was", async () => {
    const { history } = await newHistory();
    const records = [attemptAt(2), failureAt(1, { result: "lost", sourceBytes: null })];
    for (const each of records) history.record(each);
    expect(history.attempts(ALL)).toEqual({ total: 2, attempts: records });
  });

  test("one attempt told twice is one row; a success wins over a failure noted for it, never the reverse", async () => {
    const { history } = await newHistory();
    const results = () => history.attempts(ALL).attempts.map(({ result }) => result);
    history.record(attemptAt(1));
    history.record(attemptAt(1));
    history.record(failureAt(1));
    expect(results()).toEqual(["built"]);
    history.record(failureAt(2, { result: "cancelled" }));
    history.record(attemptAt(2));
    expect(results()).toEqual(["built", "built"]);
  });

  test("a message that never ends is cut", async () => {
    const { history } = await newHistory();
    history.record(failureAt(1, { message: "x".repeat(100_000) }));
    expect(history.attempts(ALL).attempts[0]?.message).toHaveLength(1000);
  });
});

describe("asking", () => {
  async function filled() {
    const made = await newHistory();
    const cpvs = ["app-misc/hello-1.0", "app-misc/hello-1.1-r1", "dev-libs/hello-1.0", "dev-libs/openssl-3.0.2"];
    for (const [index, cpv] of cpvs.entries()) made.history.record(attemptAt(index, { cpv }));
    made.history.record(failureAt(9, { target: "laptop", drone: "tarn", attempt: 2 }));
    return made.history;
  }

  test.each([
    ["category/name-version", "app-misc/hello-1.1-r1", ["app-misc/hello-1.1-r1"]],
    [
      "category/name: every version",
      "app-misc/hello",
      ["app-misc/hello-1.0", "app-misc/hello-1.1-r1", "app-misc/hello-1.0"],
    ],
    ["name-version", "openssl-3.0.2", ["dev-libs/openssl-3.0.2"]],
    [
      "name, in any category",
      "hello",
      ["app-misc/hello-1.0", "dev-libs/hello-1.0", "app-misc/hello-1.1-r1", "app-misc/hello-1.0"],
    ],
  ])("by %s, newest first", async (_what, name, cpvs) => {
    const { attempts } = (await filled()).attempts({ ...ALL, package: name });
    expect(attempts.map(({ cpv }) => cpv)).toEqual(cpvs);
  });

  test("in pages, and of one target", async () => {
    const history = await filled();
    const page = history.attempts({ ...ALL, limit: 2, offset: 1 });
    expect(page.attempts.map(({ cpv }) => cpv)).toEqual(["dev-libs/openssl-3.0.2", "dev-libs/hello-1.0"]);
    expect(page.total).toBe(5);
    expect(history.attempts({ ...ALL, target: "laptop" }).attempts.map(({ drone }) => drone)).toEqual(["tarn"]);
  });

  test.each([
    ["dev-libs/opensll", "dev-libs/openssl"],
    ["dev-libs/opensll-3.0", "dev-libs/openssl"],
    ["helo", "hello"],
  ])("an unknown %s: the nearest names", async (name, near) => {
    const history = await filled();
    const refusal = { kind: "not-found", hint: expect.stringContaining(`Did you mean ${near}`) };
    expect(() => history.attempts({ ...ALL, package: name })).toThrow(expect.objectContaining(refusal));
  });

  test("the summary: packages by total time, failures by drone; cancelled and lost attempts are no failures", async () => {
    const history = await filled();
    history.record(failureAt(20, { drone: "tarn", result: "lost" }));
    expect(history.summary(null, 2)).toEqual({
      attempts: 6,
      packages: [
        { name: "app-misc/hello", attempts: 4, failures: 1, totalSeconds: 240, slowestSeconds: 60 },
        { name: "dev-libs/hello", attempts: 1, failures: 0, totalSeconds: 60, slowestSeconds: 60 },
      ],
      drones: [
        { drone: "izar", attempts: 4, failures: 0, totalSeconds: 240 },
        { drone: "tarn", attempts: 2, failures: 1, totalSeconds: 120 },
      ],
    });
    expect(history.summary("laptop", 9).attempts).toBe(1);
  });

  test("samples for estimates: what was built or ran out of memory, the newest dozen of each package, nothing of others", async () => {
    const { history } = await newHistory();
    for (let at = 0; at < 20; at++) history.record(attemptAt(at, { jobs: at }));
    history.record(failureAt(30));
    history.record(failureAt(31, { result: "memory", peakMemoryBytes: 9e9, jobs: 99 }));
    history.record(attemptAt(32, { cpv: "dev-libs/hello-1.0" }));
    const samples = history.samples(["app-misc/hello", "app-misc/unknown"]);
    expect(samples.map(({ jobs }) => jobs)).toEqual([99, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9]);
  });
});

test("export in pages and import into another history: the same; again: nothing new", async () => {
  const { history } = await newHistory();
  const records = Array.from({ length: 25 }, (_, at) => (at % 3 === 0 ? failureAt(at) : attemptAt(at, { attempt: 3 })));
  expect(history.import(records)).toEqual({ added: 25, known: 0 });
  const out: AttemptRecord[] = [];
  for (let more = true; more; ) {
    const page = history.page(out.at(-1) ?? null, 10);
    out.push(...page.attempts);
    more = page.more;
  }
  const { history: other } = await newHistory();
  expect(other.import(out)).toEqual({ added: 25, known: 0 });
  expect(other.import(out)).toEqual({ added: 0, known: 25 });
  expect(other.attempts(ALL)).toEqual(history.attempts(ALL));
});
