import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Told } from "../../gateway/told.ts";
import type { PackageView } from "../../model/run.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

test("who comes back after having missed much leaves nothing behind, while nothing changes", () => {
  const told = new Told(
    () => null,
    () => ({}),
    "abc123",
  );
  const reason = "x".repeat(1_000);
  for (let i = 0; i < 1_500; i++) {
    const packages: PackageView[] = [{ cpv: `a/b-${i}`, state: "needed", reason, attempts: [] }];
    told.take({ type: "packages", full: false, packages });
  }
  collect();
  const before = process.memoryUsage().arrayBuffers;
  for (let id = 1; id <= 300; id++) expect(told.since(id, "viewer")?.upTo).toBe(1_500);
  collect();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30 * 1024 * 1024);
  // Those who are up to date still get the same bytes.
  expect(told.since(1_499, "viewer")).toBe(told.since(1_499, "viewer"));
});
