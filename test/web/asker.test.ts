import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Asker } from "../../web/src/state/asker.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Questions, each of which is answered after so long. ms */
function asking(answerMs: number, isFailed = false) {
  const begun: number[] = [];
  let answered = 0;
  const asker = new Asker(async (signal) => {
    begun.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, answerMs));
    if (!signal.aborted) answered++;
    return isFailed;
  });
  const start = performance.now();
  return { asker, begun, answered: () => answered };
}

test("what changes faster than it is answered is answered all the same, one question at a time, and once after the last change", async () => {
  const { asker, begun, answered } = asking(300);
  asker.want("now");
  for (let i = 0; i < 99; i++) {
    await vi.advanceTimersByTimeAsync(50);
    asker.want("soon");
  }
  expect(answered()).toBe(5);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(begun).toEqual([0, 1_000, 2_000, 3_000, 4_000, 5_000]);
  expect(answered()).toBe(6);
});

test("a change after a while is asked for at once; what somebody waits for too, after the answer under way", async () => {
  const { asker, begun } = asking(300);
  asker.want("now");
  await vi.advanceTimersByTimeAsync(5_000);
  asker.want("soon");
  await vi.advanceTimersByTimeAsync(100);
  asker.want("now");
  await vi.advanceTimersByTimeAsync(5_000);
  expect(begun).toEqual([0, 5_000, 5_300]);
});

test("what takes long is asked for seldom, what failed for now again by itself; nothing after its end", async () => {
  const slow = asking(2_000);
  slow.asker.want("now");
  slow.asker.want("soon");
  await vi.advanceTimersByTimeAsync(7_000);
  expect(slow.begun).toEqual([0, 6_000]);
  slow.asker.stop();
  const failing = asking(10, true);
  failing.asker.want("now");
  await vi.advanceTimersByTimeAsync(6_500);
  expect(failing.begun).toEqual([0, 3_000, 6_000]);
  failing.asker.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(failing.begun).toHaveLength(3);
  expect(slow.answered()).toBe(1);
});
