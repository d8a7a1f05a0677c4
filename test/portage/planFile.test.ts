import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Plan, PlanPackage } from "../../model/plan.ts";
import { parsePlan, planBytes } from "../../portage/planFile.ts";

const pkg = (index: number): PlanPackage => ({
  ...{ cpv: `app-misc/p${index}-1`, slot: "0", subslot: "0", repository: "demo", use: ["nls"], iuse: ["nls", "doc"] },
  ...{ chost: "x86_64-pc-linux-gnu", settings: { CFLAGS: "-O2" }, buildId: 1, artifact: null, sourceBytes: 1 },
  ...{ needed: { kind: "new", text: "new" }, restrict: [], edges: index === 0 ? [] : [[index - 1, 1]] },
});
const planOf = (size: number): Plan => ({
  ...{ target: "desktop", tree: "git:1", bundle: "b", snapshot: null, unresolvable: [], notices: ["a notice"] },
  packages: Array.from({ length: size }, (_, index) => pkg(index)),
});

test("a plan is read as it was written, a large one with turns for others in between", async () => {
  const plan = planOf(17_000);
  let others = 0;
  let isRead = false;
  const read = parsePlan(planBytes(plan)).finally(() => {
    isRead = true;
  });
  while (!isRead) {
    await nextTurn();
    others++;
  }
  expect(await read).toEqual(plan);
  expect(others).toBeGreaterThan(15);
  expect(await parsePlan(planBytes(planOf(0)))).toEqual(planOf(0));
});

test("what is no plan is refused, wherever in it that is seen", async () => {
  const plan = planOf(3_000);
  const wrong = [
    "[]",
    "{",
    JSON.stringify({ ...plan, more: 1 }),
    JSON.stringify({ ...plan, packages: {} }),
    JSON.stringify({ ...plan, packages: [...plan.packages, { ...pkg(1), buildId: 0 }] }),
    JSON.stringify({ ...plan, packages: [...plan.packages, { ...pkg(1), more: 1 }] }),
  ];
  for (const text of wrong) await expect(parsePlan(Buffer.from(text)), text.slice(0, 40)).rejects.toThrow();
});
