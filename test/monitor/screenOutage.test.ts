import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { pkg } from "../../bench/noop/plan.ts";
import { NoopSwarm } from "../../bench/noop/swarm.ts";
import { withEngine } from "../../bench/swarmBench.ts";
import { gatewayOf } from "../gateway/support.ts";
import { accessTo } from "../support/access.ts";
import { held } from "../support/builds.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { openTerminal } from "../support/tmux.ts";
import { Relay } from "./relay.ts";
import { heldRun, MAIN, missing, openMonitor } from "./terminal.ts";

describe.skipIf(missing !== null)("the monitor of what goes away", () => {
  test("the engine is killed: it is said, with what was known and how old that is; it recovers by itself", async () => {
    await withEngine(async ({ address, kill, restart }) => {
      const { build, release } = held();
      await using swarm = await NoopSwarm.start({
        ...{ address, bundle: inject("workflowBundle"), plan: { packages: [pkg("a/one-1"), pkg("a/two-1", [0])] } },
        drones: [{ name: "izar", build }],
      });
      await swarm.run({ run: "outage-1" });
      await using access = await accessTo(swarm);
      await using terminal = await openMonitor(swarm, access, { env: { TEMPORAL_ADDRESS: address } });
      await terminal.shows(/→ a\/one-1 +building/);
      await kill();
      const text = await terminal.shows(/✗ shown is \d\d:\d\d:\d\d, \d+s ago: the engine does not answer/);
      expect(text).toMatch(/Engine: ✗/);
      expect(text).toMatch(/→ a\/one-1 +building/);
      expect(text).toContain("NEXT ACTION  The engine does not answer.");
      await terminal.type("p");
      await terminal.shows("Nothing was done: the engine does not answer.");
      await restart();
      await terminal.loses("✗ shown is");
      release();
      await terminal.shows("waits for finalize");
      await terminal.type("q");
      await terminal.shows("outage-1 goes on without the monitor");
    });
  });

  test("the engine comes back at another address, as a dev server on a free port does: it is found there", async () => {
    await using swarm = await noopSwarm({
      plan: { packages: [pkg("a/one-1")] },
      drones: [{ name: "izar", build: held().build }],
    });
    await swarm.run({ run: "moved-1" });
    await using access = await accessTo(swarm);
    await mkdir(join(access.directory, "state"));
    // What a dev server writes when it starts.
    const isAt = ({ address }: Relay) =>
      writeFile(join(access.directory, "state", "dev-server.json"), JSON.stringify({ address }));
    const first = await Relay.to(inject("temporalAddress"));
    await isAt(first);
    await using terminal = await openMonitor(swarm, access, { env: { TEMPORAL_ADDRESS: undefined } });
    await terminal.shows(/→ a\/one-1 +building/);
    await first[Symbol.asyncDispose]();
    await terminal.shows(/✗ shown is .* ago: the engine does not answer/);
    await using second = await Relay.to(inject("temporalAddress"));
    await isAt(second);
    await terminal.loses("✗ shown is");
    await terminal.shows(`Engine: ✓ ${second.address}`);
    await terminal.type("p");
    await terminal.shows(/Run: {4}moved-1 {3}paused/);
  });

  test("through a gateway the same is seen and done as at the engine, with the token of a file", async () => {
    const { swarm } = await heldRun();
    await using _ = swarm;
    await using gateway = await gatewayOf(swarm);
    const token = join(gateway.access.directory, "operator-token");
    await writeFile(token, `${gateway.tokens.operator}\n`, { mode: 0o600 });
    // It knows nothing of the engine.
    await using terminal = await openTerminal();
    await terminal.run(`${process.execPath} ${MAIN} monitor --gateway ${gateway.url} --token-file ${token}`);
    const text = await terminal.shows(/✗ a\/broken-1 +blocked/);
    expect(text).toContain(`═══ BUILD SWARM ═══  through ${gateway.url}`);
    await terminal.type("p");
    await terminal.shows(/Run: {4}screen-1 {3}paused/);
    expect((await swarm.view()).paused?.by).toBe("a-operator");
    await gateway.gateway.close();
    await terminal.shows(/✗ shown is .* ago: the gateway does not answer/);
    await terminal.type("p");
    await terminal.shows("✗ the gateway does not answer");
    await terminal.press("C-c");
    await terminal.shows("screen-1 goes on without the monitor");
  });
});
