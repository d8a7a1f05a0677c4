import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { packageRoot } from "../../system/packageRoot.ts";

/** The rules, and at which times of which series each must have begun and must be over. */
const RULES = join(packageRoot(), "deploy/prometheus/rules.yml");
const CASES = join(import.meta.dirname, "rules.promtool.yml");

/** Prometheus' own, of the package `prometheus`. */
const TOOL = "promtool";
const hasTool = !(await execa(TOOL, ["--version"], { reject: false })).failed;

test.skipIf(!hasTool)("each alert of Prometheus begins when it should, and ends", async () => {
  await execa(TOOL, ["check", "rules", RULES]);
  await execa(TOOL, ["test", "rules", CASES]);
});

test("of each there is a case that begins and one that does not, or has ended", async () => {
  const alerts = [...(await readFile(RULES, "utf8")).matchAll(/^ {6}- alert: (\w+)$/gm)].map(([, name]) => name);
  const cases = await readFile(CASES, "utf8");
  const named = (pattern: RegExp) => new Set([...cases.matchAll(pattern)].map(([, name]) => name));
  const begin = named(/^ {8}alertname: (\w+)\n {8}exp_alerts:$/gm);
  const end = named(/^ {6}- \{ eval_time: \w+, alertname: (\w+) \}$/gm);
  expect([...begin].sort()).toEqual(alerts.toSorted());
  expect([...end].sort()).toEqual(alerts.toSorted());
});
