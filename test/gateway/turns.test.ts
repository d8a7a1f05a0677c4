import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { inTurn } from "../../gateway/turns.ts";

test("what takes long is done one after the other, with a turn for others before each, also after one that failed", async () => {
  const order: string[] = [];
  const others = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) {
      await nextTurn();
      order.push("other");
    }
  };
  const work = (name: string) => inTurn(() => order.push(name));
  const failing = inTurn(() => {
    order.push("failing");
    throw new Error("no");
  });
  await Promise.all([others(), work("first"), expect(failing).rejects.toThrow("no"), work("last")]);
  const [failed, first, last] = ["failing", "first", "last"].map((name) => order.indexOf(name));
  for (const [before, after] of [
    [failed, first],
    [first, last],
  ] as const) {
    expect(order.slice(before, after)).toContain("other");
  }
});
