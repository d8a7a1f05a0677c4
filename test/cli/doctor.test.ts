import { once } from "node:events";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Diagnosis } from "../../cli/doctor/diagnose.ts";
import { findProgram } from "../../cli/doctor/programs.ts";
import { swarm, testSwarm } from "../support/command.ts";

async function diagnose(
  config: string,
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number | undefined } & Diagnosis> {
  const { code, stdout } = await swarm(["--config", config, "--json", "doctor"], env);
  return { code, ...JSON.parse(stdout) };
}

const bad = ({ checks }: Diagnosis): string[] =>
  checks.filter((each) => each.verdict === "bad").map(({ name }) => name);

test("a machine that has everything: every role can run", async () => {
  const { config, run } = await testSwarm();
  const diagnosis = await diagnose(config);
  expect(bad(diagnosis)).toEqual([]);
  expect(diagnosis.roles.every((role) => role.canRun)).toBe(true);
  expect(diagnosis.code).toBe(0);
  const screen = await run("doctor");
  expect(screen.stdout).toMatch(/^✓ cc +\//m);
  expect(screen.stdout).toMatch(/^drone +✓ yes/m);
});

test("without compiler and make no drone can run, the other roles can; exit code 1 and the fix", async () => {
  const { config, directory } = await testSwarm();
  const path = join(directory, "bin");
  await mkdir(path);
  for (const name of ["bash", "tar", "zstd", "wget", "curl", "python3"]) {
    const program = await findProgram(name, process.env);
    if (program !== null) await symlink(program, join(path, name));
  }
  const diagnosis = await diagnose(config, { PATH: path });
  expect(bad(diagnosis)).toEqual(["cc", "make"]);
  expect(diagnosis.roles.filter((role) => !role.canRun)).toMatchObject([{ role: "drone", lacks: ["cc", "make"] }]);
  expect(diagnosis.checks.find((each) => each.name === "cc")?.fix).toContain("build-essential");
  expect(diagnosis.code).toBe(1);
});

test("a token that others may read, and ports that are taken", async () => {
  const { config, stateDir, binhostPort } = await testSwarm();
  await writeFile(join(stateDir, "token"), "0123456789abcdef0123456789abcdef\n");
  await chmod(join(stateDir, "token"), 0o644);
  const other = createServer((socket) => socket.end("no binhost\n")).listen(binhostPort, "127.0.0.1");
  await once(other, "listening");
  onTestFinished(() => {
    other.close();
  });
  const diagnosis = await diagnose(config);
  expect(bad(diagnosis).sort()).toEqual(["Port", "Token"]);
  expect(diagnosis.checks.find((each) => each.name === "Token")?.fix).toContain(`chmod 600 ${stateDir}/token`);
  expect(diagnosis.checks.find((each) => each.verdict === "bad" && each.name === "Port")?.found).toContain(
    `${binhostPort} of the binhost: in use by`,
  );
  expect(diagnosis.roles.find((role) => role.role === "orchestrator")).toMatchObject({
    canRun: false,
    lacks: ["Token"],
  });
});

test("a cluster that does not answer keeps the workers from running; no dev server is needed then", async () => {
  const { config } = await testSwarm();
  const diagnosis = await diagnose(config, { TEMPORAL_ADDRESS: "127.0.0.1:9" });
  expect(bad(diagnosis)).toEqual(["Engine"]);
  expect(diagnosis.checks.map(({ name }) => name)).not.toContain("temporal");
  expect(diagnosis.roles.find((role) => role.role === "dev-server")?.configured).toBe(false);
  expect(diagnosis.code).toBe(1);
});
