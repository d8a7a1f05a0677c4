import { ApplicationFailure } from "@temporalio/common";
import { describe, expect, inject, test } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import type { FailedAttempt } from "../../model/logs.ts";
import { binhostLog, followLog } from "../../operations/buildLogs.ts";
import { packageRoot } from "../../system/packageRoot.ts";
import { held } from "../support/builds.ts";
import { openTerminal, tmuxMissing } from "../support/tmux.ts";
import { swarm } from "./command.ts";
import { binhost, bring, failing, keyOf, swarmOf } from "./loggedSwarm.ts";

const missing = await tmuxMissing();
const bytesOf = (text: string): Buffer => Buffer.from(text);

test("a log of the run in progress, asked for by its id, is waited for and followed to the end of its attempt", async () => {
  const { build, release } = held();
  const it = await swarmOf(build, ["izar"]);
  const { run } = JSON.parse((await it.command("run-update", "--detach", "--json")).stdout);
  await until("the build", async () => (await it.noop.view()).drones[0]?.building.length);
  const following = it.start("logs", "-f", "dev-libs/a", "--run", run);
  let text = "";
  following.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  // Of a log that is not there yet nothing can be seen but that it is waited for.
  const wait = Promise.race([following, new Promise((resolve) => setTimeout(resolve, 5_000, "waits"))]);
  expect(await wait).toBe("waits");
  const key = { run, cpv: "dev-libs/a-1", attempt: 1 };
  await it.client.logs.append(key, { begun: 1, offset: 0, bytes: bytesOf("one\n") });
  await until("the first line", async () => text === "one\n");
  await it.client.logs.append(key, { begun: 1, offset: 4, bytes: bytesOf("two\n") });
  await it.client.logs.complete(key, { begun: 1, size: 8, failed: null });
  expect(await following).toMatchObject({ exitCode: 0, stdout: "one\ntwo", stderr: "" });
  release();
});

test("the end of a log is waited for as long as something comes, whoever says that its attempt is over", async () => {
  const { client } = await binhost();
  const key = { run: "desktop-20261121-0101", cpv: "dev-libs/a-1", attempt: 1 };
  const access = { binhost: async () => client } as Parameters<typeof binhostLog>[0];
  const source = { ...(await binhostLog(access, key)), settlesWithin: 2_000 };
  let text = "";
  const notes: string[] = [];
  let offset = 0;
  const append = async (line: string): Promise<void> => {
    const bytes = bytesOf(line);
    await client.logs.append(key, { begun: 1, offset, bytes });
    offset += bytes.length;
  };
  await append("0\n");
  const following = followLog(source, {
    isOver: async () => true,
    write: (bytes) => {
      text += Buffer.from(bytes).toString();
    },
    note: (note) => notes.push(note),
  });
  for (let i = 1; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 900));
    await append(`${i}\n`);
  }
  await following;
  expect(text).toBe("0\n1\n2\n3\n4\n");
  expect(notes).toEqual([
    "Nothing has come for 2 s, and the end of the log is not there: its drone has not brought it.",
  ]);
});

describe("what failed in a run that was asked for by its id", () => {
  const attemptsOf = (stdout: string): FailedAttempt[] => JSON.parse(stdout).attempts;

  test("comes from the engine with the lines around each error, also where another run has begun since", async () => {
    const it = await swarmOf(async (order) => {
      if (order.cpv !== "dev-libs/a-1") return;
      const failure = failing("compile", `a.c:${order.attempt}: error: x`);
      await bring(it.client, keyOf(order), "not in this log\n", failure);
      const { message, class: type } = failure;
      throw ApplicationFailure.create({ message, type, nonRetryable: true, details: [failure] });
    });
    const { run } = JSON.parse((await it.command("run-update", "--detach", "--json")).stdout);
    await until("the gate", async () => (await it.noop.view()).step === "gate");
    const asked = ["logs", "--failed", "--run", run, "--json"];
    const present = attemptsOf((await it.command(...asked)).stdout);
    expect(present.map(({ attempt, around, drone }) => [attempt, around, typeof drone])).toEqual([
      [2, ["before", "a.c:2: error: x", "after"], "string"],
      [1, ["before", "a.c:1: error: x", "after"], "string"],
    ]);
    expect((await it.command("reset", "--yes")).exitCode).toBe(0);
    expect((await it.command("run-update", "--detach")).exitCode).toBe(0);
    expect(attemptsOf((await it.command(...asked)).stdout)).toEqual(present);
    const other = await it.command("logs", "--failed", "--phase", "test", "--run", run);
    expect(other.stdout).toContain("No attempt failed.");
  });

  test("comes from the logs that are kept where the engine does not know the run: the lines around the first such error of the last phase that has it", async () => {
    const { client, env } = await binhost();
    const run = "desktop-20261121-0101";
    const lines = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name} ${i}`);
    const text = [
      ...[">>> Configuring source in x", ...lines("configure", 30), "a.c:1: error: x"],
      ...[">>> Compiling source in x", ...lines("before", 30), "\u001b[31ma.c:1: error: x\u001b[0m"],
      ...[...lines("after", 5), "a.c:1: error: x", ...lines("end", 30_000)],
    ];
    await bring(
      client,
      { run, cpv: "dev-libs/a-1", attempt: 1 },
      text.join("\n"),
      failing("compile", "a.c:1: error: x"),
    );
    // Its failure has no line in the log.
    await bring(client, { run, cpv: "dev-libs/b-1", attempt: 1 }, "nothing\n", failing("setup", "its drone is away"));
    const [a, b] = attemptsOf((await swarm(["logs", "--failed", "--run", run, "--json"], env)).stdout);
    const around = [...lines("before", 30).slice(10), "a.c:1: error: x", ...lines("after", 5), "a.c:1: error: x"];
    expect(a?.around).toEqual([...around, ...lines("end", 14)]);
    expect(b).toMatchObject({ cpv: "dev-libs/b-1", errorLine: "its drone is away" });
    expect(b?.around).toBeUndefined();
    const { stdout } = await swarm(["logs", "--failed", "--run", run, "--phase", "compile"], env);
    expect(stdout).toContain("│ before 29\n  > │ a.c:1: error: x\n    │ after 0\n");
    expect(stdout).toContain("│ end 13\n1 failed attempt.");
  });
});

test.skipIf(missing !== null)(
  "Ctrl-C gives the terminal its own colours back, and the command dies of it",
  async () => {
    const { build, release } = held();
    const it = await swarmOf(build, ["izar"]);
    const { run } = JSON.parse((await it.command("run-update", "--detach", "--json")).stdout);
    await until("the build", async () => (await it.noop.view()).drones[0]?.building.length);
    const bytes = bytesOf("\u001b[1;31mred and open\n");
    await it.client.logs.append({ run, cpv: "dev-libs/a-1", attempt: 1 }, { begun: 1, offset: 0, bytes });
    const engine = { TEMPORAL_ADDRESS: inject("temporalAddress"), TEMPORAL_NAMESPACE: it.noop.namespace };
    await using terminal = await openTerminal({ columns: 200, env: { ...it.env, ...engine } });
    await terminal.run(`${process.execPath} ${packageRoot()}/cli/main.ts logs -f a`);
    await terminal.shows(/^red and open$/m);
    await terminal.press("C-c");
    await terminal.shows(/red and open\n\^C\n?\$$/m);
    await terminal.run("echo plain $?");
    await terminal.shows("plain 130");
    const before = (await terminal.styled()).split("plain 130")[0] ?? "";
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys
    expect(before.match(/\u001b\[[\d;]*m/g)?.at(-1)).toMatch(/^\u001b\[(0|39|49)?m$/);
    release();
  },
);
