import { expect, test } from "vitest";
import { plain } from "../../../cli/paint.ts";
import { verifyScreen } from "../../../cli/screens/verify.ts";
import type { StoredPackage } from "../../../model/snapshot.ts";
import { verification } from "../../../operations/verification.ts";
import { packageView, runView } from "../views.ts";

function stored(cpv: string, size: number): StoredPackage {
  return {
    cpv,
    size,
    buildId: 1,
    sha256: "0".repeat(64),
    path: `${cpv}-1.gpkg.tar`,
    slot: "0",
    subslot: "0",
    repository: "demo",
    use: [],
    iuse: [],
    chost: "x86_64-pc-linux-gnu",
    settings: {},
    depend: "",
    bdepend: "",
    rdepend: "",
    pdepend: "",
    idepend: "",
    buildTime: 0,
  };
}

const received = packageView("dev-libs/a-1", { state: "received" });
const gate = runView({ step: "gate" });

test("everything is there: what would be published with its size, and no risk", () => {
  const facts = verification(gate, [received], [stored("dev-libs/a-1", 2048)]);
  expect(facts).toMatchObject({ risk: "none", bytes: 2048, lost: [], open: [] });
  expect(verifyScreen(facts, plain)).toEqual([
    "═══ FINALIZE desktop-20261121-0101 ═══",
    "Publishes:    1 package, 2.0 KiB",
    "  PACKAGE          SIZE",
    "  dev-libs/a-1  2.0 KiB",
    "Risk:         none",
    "  Everything that the run needs is built and checked.",
  ]);
});

test("a package that the run counts and the binhost does not have: do not publish", () => {
  const facts = verification(
    gate,
    [received, packageView("dev-libs/b-1", { state: "received" })],
    [stored("dev-libs/a-1", 1)],
  );
  expect(facts).toMatchObject({ risk: "do not", lost: ["dev-libs/b-1"] });
});

test("too early", () => {
  const facts = verification(gate, [received, packageView("dev-libs/b-1")], [stored("dev-libs/a-1", 1)]);
  expect(facts).toMatchObject({ risk: "do not", open: ["dev-libs/b-1"] });
});

test("failed and skipped packages are some risk, each named with its cause", () => {
  const run = runView({ step: "gate", failed: [{ cpv: "app/f-1", message: "compile phase", drones: ["izar"] }] });
  const packages = [
    received,
    packageView("app/f-1", { state: "failed" }),
    packageView("app/s-1", { state: "skipped", cause: "app/f-1" }),
  ];
  const facts = verification(run, packages, [stored("dev-libs/a-1", 1)]);
  expect(facts.risk).toBe("some");
  const lines = verifyScreen(facts, plain);
  expect(lines).toContain("  app/f-1: compile phase");
  expect(lines).toContain("  app/s-1: needs app/f-1");
});

test("a published run has nothing to finalize, though its staging is empty", () => {
  const facts = verification(runView({ step: "done" }), [received], []);
  expect(facts).toMatchObject({ risk: "none", lost: [] });
});

test("atoms that did not resolve are named: clients do not get them", () => {
  const run = runView({ step: "gate", unresolvable: [{ atoms: ["dev-libs/gone"], class: "missing", text: "" }] });
  const facts = verification(run, [received], [stored("dev-libs/a-1", 2048)]);
  expect(facts).toMatchObject({ risk: "some", unresolved: [{ atom: "dev-libs/gone", class: "missing" }] });
  expect(verifyScreen(facts, plain).join("\n")).toContain("Left out, not resolved: 1\n  dev-libs/gone (missing)");
});
