import { expect, test } from "vitest";
import { followLog } from "../../monitor/logFollower.ts";
import type { LogView } from "../../monitor/state.ts";

test("the log of an attempt that was begun anew is read from its begin, not from where the old one ended", async () => {
  const logs = [
    { begun: 1, text: "the old log, which is longer than the new one\n", complete: false },
    { begun: 2, text: "the new log, whole\n", complete: true },
  ];
  let asked = 0;
  const source = {
    readLog: async (_place: unknown, from: number | null) => {
      // As the binhost answers: what there is from a byte on.
      const { begun, text, complete } = logs[asked++ === 0 ? 0 : 1] ?? { begun: 0, text: "", complete: true };
      const all = Buffer.from(text);
      const offset = Math.min(from ?? 0, all.length - 4);
      return { begun, complete, offset, size: all.length, bytes: all.subarray(offset) };
    },
  };
  const shown: Partial<LogView>[] = [];
  const place = { run: "r", cpv: "a/b-1", attempt: 1 };
  await followLog(source, place, new AbortController().signal, (change) => shown.push(change));
  const last = shown.at(-1);
  expect([last?.complete, last?.text?.end]).toEqual([true, "the new log, whole\n".length]);
  expect(JSON.stringify(last?.text?.lines(0, 10) ?? [])).toContain("the new log, whole");
});
