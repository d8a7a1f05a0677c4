import fc from "fast-check";
import { expect, test } from "vitest";
import { atomsOf, peopleOf, type QueuedOrder, queuedWords } from "../../../model/orders.ts";
import { Orders } from "../../../workflows/states/orders.ts";

const order = (atoms: string[], by = "ann", orders: string[] = []) => ({ atoms, by, orders });

test("orders are kept apart by who gave them, and each is there once", () => {
  const queue = new Orders();
  expect(queue.add(order(["a/b", "a/b", "@world"]), 1)).toBe(true);
  expect(queue.add(order(["@world", "a/b"]), 2)).toBe(false);
  expect(queue.add(order(["@world"], "hook overlay", ["d-1"]), 3)).toBe(true);
  expect(queue.add(order(["@world"], "hook overlay", ["d-2"]), 4)).toBe(true);
  // The same request again, whatever it says now.
  expect(queue.add(order(["c/d"], "somebody", ["d-2"]), 5)).toBe(false);
  expect(queue.all()).toEqual([
    { atoms: ["a/b", "@world"], by: "ann", at: 1 },
    { atoms: ["@world"], by: "hook overlay", at: 3, orders: ["d-1", "d-2"] },
  ]);
  expect(atomsOf(queue.all())).toEqual(["a/b", "@world"]);
  expect(queuedWords(queue.all())).toBe("a/b, @world (ann), @world (hook overlay)");
  expect(peopleOf(queue.all())).toBe("ann, hook overlay");
});

test("what is handed over is told still, and neither handed over again nor taken back", () => {
  const queue = new Orders();
  queue.add(order(["a/b"]), 1);
  expect(queue.handOver()).toHaveLength(1);
  queue.add(order(["a/b"]), 2);
  queue.add(order(["c/d"]), 3);
  expect(queue.clear().map(({ at }) => at)).toEqual([2, 3]);
  queue.add(order(["e/f"]), 4);
  expect(queue.handOver()).toEqual([{ atoms: ["e/f"], by: "ann", at: 4 }]);
  expect(queue.handOver()).toEqual([]);
  expect(queue.all().map(({ at }) => at)).toEqual([1, 4]);
});

test("there is a bound; what is queued already needs no room", () => {
  const queue = new Orders();
  const many = Array.from({ length: 999 }, (_, i) => `a/p${i}`);
  expect(queue.refusal(many)).toBeNull();
  queue.add(order(many), 1);
  expect(queue.refusal(["b/c", "b/d"])).toBe("there is no room for these 2: 999 atoms are queued, and 1000 can be");
  expect(queue.refusal(["@world"])).toBeNull();
  queue.add(order(["@world"], "hook overlay", ["d-0"]), 2);
  for (let i = 1; i < 300; i++) {
    expect(queue.refusal(["@world"])).toBeNull();
    queue.add(order(["@world"], `hook h${i}`, [`d-${i}`]), 3);
  }
  expect(queue.all()).toHaveLength(2);
  expect(queue.all().flatMap(({ orders = [] }) => orders)).toHaveLength(200);
});

const atoms = fc.uniqueArray(fc.constantFrom("@world", "a/a", "a/b", "a/c", "a/d"), { minLength: 1 });
const names = fc.uniqueArray(fc.constantFrom("d-1", "d-2", "d-3"), { maxLength: 2 });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("queue"), atoms, names, by: fc.constantFrom("ann", "bob") }) },
  { weight: 1, arbitrary: fc.constant({ kind: "clear" as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: "continue as new" as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: "end" as const }) },
);

test("nothing that was queued is lost, whatever comes in which order: it is handed over once, or was taken back", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let queue = new Orders();
      let owed = new Set<string>();
      let begun: QueuedOrder[] = [];
      const end = (): void => {
        const handed = queue.handOver();
        expect(new Set(atomsOf(handed))).toEqual(owed);
        // The same person orders the same once in one run.
        const whose = handed.map(({ by, atoms: its }) => `${by} ${its.toSorted().join()}`);
        expect(new Set(whose).size).toBe(whose.length);
        begun = [...begun, ...handed];
        owed = new Set();
        queue = new Orders();
      };
      for (const each of steps) {
        if (each.kind === "queue" && "atoms" in each) {
          expect(queue.refusal(each.atoms)).toBeNull();
          const known = new Set(queue.all().flatMap(({ orders = [] }) => orders));
          const isRepeated = each.names.length > 0 && each.names.every((name) => known.has(name));
          queue.add({ atoms: each.atoms, by: each.by, orders: each.names }, 1);
          if (!isRepeated) for (const atom of each.atoms) owed.add(atom);
        } else if (each.kind === "clear") {
          expect(new Set(atomsOf(queue.clear()))).toEqual(owed);
          owed = new Set();
        } else if (each.kind === "continue as new") {
          queue = new Orders(JSON.parse(JSON.stringify(queue.all())));
        } else {
          end();
        }
      }
      end();
      expect(begun.every(({ atoms: its }) => its.length > 0)).toBe(true);
    }),
  );
});
