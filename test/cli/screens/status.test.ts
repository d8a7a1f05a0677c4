import { expect, test } from "vitest";
import { coloured, plain } from "../../../cli/paint.ts";
import { statusScreen } from "../../../cli/screens/status.ts";
import { droneView, NOW, reading, runDrone, runView } from "../views.ts";

test("a run that builds, as the operator sees it", () => {
  expect(statusScreen(reading(), plain)).toEqual([
    "═══ BUILD SWARM STATUS ═══",
    "Engine:       ✓ localhost:7233      Orchestrators: 2      Binhost: ✓ http://localhost:8080",
    "Run:          desktop-20261121-0101   building   12m 04s   ETA 2h 00m to 2h 45m",
    "  Needed: 47   Building: 1   Complete: 36   Blocked: 0   Skipped: 0",
    "DRONE  CORES  STATE     BUILDING",
    "izar      16  ● online  dev-libs/openssl-3.0.2 (compile, 3m 10s)",
    "tarn      14  ● online",
    "═══ NEXT ACTION ═══",
    "48 packages left. There is nothing to do.",
    "  → Watch: swarm status",
  ]);
});

test("a run that waits for finalize", () => {
  const counts = { needed: 0, delegated: 0, received: 84, failed: 0, skipped: 0 };
  const lines = statusScreen(reading({ run: runView({ step: "gate", counts, etaSeconds: null }) }), plain);
  expect(lines.slice(-3)).toEqual(["═══ NEXT ACTION ═══", "All builds complete!", "  → Run: swarm finalize"]);
});

test("what an operator put first has a line", () => {
  const lines = statusScreen(reading({ run: runView({ prioritized: ["app-misc/a-1", "app-misc/b-2"] }) }), plain);
  expect(lines).toContain("  First: app-misc/a-1, app-misc/b-2, with all that they need");
});

test("an engine that is down is a screen too, with its problem", () => {
  const engine = { address: "localhost:7233", problem: "no Temporal server at localhost:7233" };
  const lines = statusScreen(reading({ engine, orchestrators: null, fleet: null, run: null }), plain);
  expect(lines[1]).toContain("✗ localhost:7233      Orchestrators: ?");
  expect(lines).toContain("  no Temporal server at localhost:7233");
  expect(lines.at(-2)).toBe("  → Run: swarm up");
});

test("Portage's own words where the world does not resolve", () => {
  const run = runView({
    step: "failed",
    reason: "the world does not resolve",
    unresolvable: [
      {
        atoms: ["app-misc/gone"],
        class: "missing",
        text: 'emerge: there are no ebuilds\nto satisfy "app-misc/gone".\n',
      },
    ],
  });
  const lines = statusScreen(reading({ run }), plain);
  expect(lines).toContain("  ✗ app-misc/gone (missing)");
  expect(lines).toContain('      to satisfy "app-misc/gone".');
});

test("drones that are stale, paused, grounded, lost: the state and its reason", () => {
  const fleet = {
    drones: [
      droneView("ceti", 8, { grounded: "low disk: 100 MiB free" }),
      droneView("izar", 16),
      droneView("tarn", 14, { state: "lost" }),
      droneView("unra", 24, { paused: true }),
      droneView("vega", 8, { paused: true, pause: { by: "ann", reason: "new disk", since: NOW - 65_000 } }),
    ],
    refused: [],
  };
  const run = runView({ drones: [runDrone("izar", 16, { state: "stale", reason: "tree git:1 instead of git:2" })] });
  const lines = statusScreen(reading({ fleet, run }), plain);
  expect(lines.filter((line) => /^(ceti|izar|tarn|unra|vega) /.test(line))).toEqual([
    "ceti       8  ✗ grounded  low disk: 100 MiB free",
    "izar      16  ✗ STALE     tree git:1 instead of git:2",
    "tarn      14  ○ lost",
    "unra      24  ‖ paused",
    "vega       8  ‖ paused    paused by ann for 1m 05s: new disk",
  ]);
});

test("colours change no column", () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of colours
  const bare = statusScreen(reading(), coloured).map((line) => line.replace(/\u001b\[[0-9;]*m/g, ""));
  expect(bare).toEqual(statusScreen(reading(), plain));
});

test("runs of other targets are not hidden", () => {
  const others = [{ run: "server-20261121-0059", target: "server", step: "gate" }];
  expect(statusScreen(reading({ others }), plain)).toContain(
    "Also:         server-20261121-0059   gate   swarm status --target server",
  );
});

test("followed, it has no next action", () => {
  expect(statusScreen(reading(), plain, { nextAction: false })).not.toContain("═══ NEXT ACTION ═══");
});

test("what is tried again is told with its reason, in one line", () => {
  const problem = "no space left on the disk of the package store\nRemove old snapshots";
  const upload = { cpv: "dev-libs/openssl-3.0.2", attempt: 1, phase: "upload", elapsed: 5, lastLine: "", problem };
  const lines = statusScreen({ ...reading(), building: [upload] }, plain);
  expect(lines).toContain(
    "  dev-libs/openssl-3.0.2: upload is tried again: no space left on the disk of the package store",
  );
});
