import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { swarm } from "../support/command.ts";
import { testDirectory } from "../support/portage.ts";

test("check: every mistake of a file, with its line and the nearest name; exit code 2", async () => {
  const file = join(await testDirectory(), "swarm.toml");
  await writeFile(file, '[swarm]\nnmae = "x"\n[binhost]\nport = 99999\n[build]\nno_output_minutes = "soon"\n');
  const { code, stderr } = await swarm(["--config", file, "config", "check"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/swarm\.toml:2:.*nmae.*name/);
  expect(stderr).toMatch(/swarm\.toml:4:.*port/);
  expect(stderr).toMatch(/swarm\.toml:6:.*no_output_minutes/);
});

test("show tells each value and its origin", async () => {
  const file = join(await testDirectory(), "swarm.toml");
  await writeFile(file, "[binhost]\nport = 8099\n");
  const { code, stdout } = await swarm(["--config", file, "--json", "config", "show"]);
  expect(code).toBe(0);
  const { values } = JSON.parse(stdout);
  expect(values).toContainEqual({ key: "binhost.port", value: 8099, origin: `${file}:2` });
  expect(values).toContainEqual({ key: "binhost.keep_snapshots", value: 10, origin: "default" });
});

test("the sample is a file that check accepts", async () => {
  const file = join(await testDirectory(), "swarm.toml");
  const { stdout } = await swarm(["config", "sample"]);
  await writeFile(file, stdout);
  const { code, stdout: answer } = await swarm(["--config", file, "config", "check"]);
  expect([code, answer]).toEqual([0, `✓ ${file}`]);
});
