import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { packageRoot } from "../../system/packageRoot.ts";
import { processesIn } from "../../system/processes.ts";
import { commandEnv } from "../support/command.ts";
import { testDirectory } from "../support/portage.ts";

test("Ctrl-C, twice, while packages are being built: everything is stopped, nothing is left", {
  timeout: 300_000,
}, async () => {
  const temporary = await testDirectory();
  const demo = execa(process.execPath, [join(packageRoot(), "demo/demo.ts")], {
    env: { ...commandEnv(), TMPDIR: temporary },
    extendEnv: false,
    reject: false,
    stdin: "ignore",
  });
  let said = "";
  let interrupted = false;
  demo.stdout.on("data", (chunk) => {
    said += String(chunk);
    if (interrupted || !/→ dev-libs\/libstrand/.test(said)) return;
    interrupted = true;
    demo.kill("SIGINT");
    setTimeout(() => demo.kill("SIGINT"), 300);
  });
  const { exitCode, stdout } = await demo;
  expect(exitCode, stdout).toBe(130);
  expect(stdout).toContain("SIGINT: everything is being stopped");
  expect(stdout).toContain("$ swarm down");
  expect(await readdir(temporary)).toEqual([]);
  expect(processesIn([temporary])).toEqual([]);
});
