import { execa } from "execa";
import { beforeAll, expect, test } from "vitest";
import { VERBS } from "../../cli/verbs.ts";
import { swarm } from "../support/command.ts";

let script: string;
beforeAll(async () => {
  const { code, stdout, stderr } = await swarm(["completion", "bash"]);
  expect(code, stderr).toBe(0);
  script = stdout;
});

/** What bash offers for a line that ends where the cursor is. */
async function complete(...words: string[]): Promise<string[]> {
  const line = words.map((word) => `'${word}'`).join(" ");
  const program = `${script}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _swarm; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await execa("bash", ["-c", program], { cwd: "/" });
  return stdout.split("\n");
}

test("bash completes verbs", async () => {
  expect(await complete("swarm", "snap")).toEqual(["snapshots"]);
  expect(await complete("swarm", "")).toEqual(expect.arrayContaining(VERBS.map(({ name }) => name)));
});

test("bash completes sub-commands and options of a verb, after global options too", async () => {
  expect(await complete("swarm", "--config", "x", "snapshots", "ro")).toEqual(["rollback"]);
  expect(await complete("swarm", "run-update", "--auto")).toEqual(["--auto-finalize"]);
  expect(await complete("swarm", "completion", "z")).toEqual(["zsh"]);
});

test.each(["zsh", "fish"])("%s gets every verb", async (shell) => {
  const { code, stdout } = await swarm(["completion", shell]);
  expect(code).toBe(0);
  for (const { name } of VERBS) expect(stdout).toContain(name);
});

test("an unknown shell is a usage error that names the known ones", async () => {
  const { code, stderr } = await swarm(["completion", "tcsh"]);
  expect(code).toBe(2);
  expect(stderr).toContain("bash, zsh, fish");
});
