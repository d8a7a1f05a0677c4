import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { failed } from "../../bench/noop/drone.ts";
import { pkg } from "../../bench/noop/plan.ts";
import { until } from "../../bench/noop/swarm.ts";
import { packageRoot } from "../../system/packageRoot.ts";
import { accessTo } from "../support/access.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { openTerminal, tmuxMissing } from "../support/tmux.ts";

const missing = await tmuxMissing();
const MAIN = join(packageRoot(), "cli/main.ts");

/** What sets a window's title, clears the screen, hides text, asks the terminal to type, writes the clipboard, and turns text around. */
const HOSTILE =
  "\u001b]0;evil title\u0007\u001b[2J\u001b[8mhidden\u001b[6n\u001b]52;c;ZXZpbA==\u0007\u001bP+q544e\u001b\\\u009b31mred\u202etxet\u0007\u0008";

test.skipIf(missing !== null)(
  "what packages and their logs say cannot command the terminal of who looks at them",
  async () => {
    await using swarm = await noopSwarm({
      plan: { packages: [pkg("a/evil-1")] },
      drones: ["izar", "tarn"].map((name) => ({
        name,
        build: async () => {
          throw failed("package", `compile phase: ${HOSTILE}`);
        },
      })),
    });
    await swarm.run({ run: "evil-1", startedBy: `bert${HOSTILE}` });
    await until("it has failed", async () => (await swarm.view()).counts.failed === 1);
    await using access = await accessTo(swarm);
    const { logs } = await access.binhost();
    for (const attempt of [1, 2]) {
      const bytes = Buffer.concat([
        Buffer.from(`begin ${HOSTILE}\n`),
        Buffer.from([0xff, 0x9b, 0x32, 0x4a, 0x0a]),
        Buffer.from("the end\n"),
      ]);
      await logs.append({ run: "evil-1", cpv: "a/evil-1", attempt }, { begun: 1, offset: 0, bytes });
      await logs.complete(
        { run: "evil-1", cpv: "a/evil-1", attempt },
        { begun: 1, size: bytes.length, failed: { errorLine: HOSTILE } },
      );
    }
    const env = {
      ...{ TEMPORAL_ADDRESS: inject("temporalAddress"), TEMPORAL_NAMESPACE: swarm.namespace },
      SWARM_CONFIG: access.configFile,
    };
    await using terminal = await openTerminal({ columns: 160, rows: 40, env });
    const title = await terminal.value("pane_title");
    await terminal.tmux("pipe-pane", "-o", `cat > ${access.directory}/written`);
    const commands = [
      "logs a/evil",
      "logs --failed",
      "events",
      "events --json",
      "status",
      "status --json",
      "runs",
      "verify",
    ];
    for (const [index, each] of commands.entries()) {
      await terminal.run(`${process.execPath} ${MAIN} ${each}; echo "done" ${index}`);
      await terminal.shows(new RegExp(`^done ${index}$`, "m"));
    }
    await terminal.run("clear");
    await terminal.run(`${process.execPath} ${MAIN} monitor`);
    await terminal.shows(/✗ a\/evil-1 +blocked/);
    await terminal.type("l");
    await terminal.shows("the end");
    await terminal.press("Escape");
    await terminal.shows(/EVENTS \d/);
    await terminal.type("q");
    await terminal.shows("goes on without the monitor");
    await terminal.tmux("pipe-pane");
    const written = await readFile(join(access.directory, "written"), "utf8");
    expect(written).toContain("the end");
    expect(written.match(/evil title/g)?.length).toBeGreaterThan(3);
    // Ours are colours, the screen of the monitor, and where in it something is drawn.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    const foreign = written.match(/\u001b(?:[\]P^_X]|\[(?:8m|6n))|[\u0007\u0008\u0080-\u009f\u202e]/g);
    expect(foreign).toBeNull();
    expect(await terminal.value("pane_title")).toBe(title);
  },
  120_000,
);
