import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test, vi } from "vitest";
import { TokenPool } from "../../bench/mechanism/tokenPool.ts";
import { signalGroup } from "../../system/processIdentity.ts";
import { testDirectory } from "../support/portage.ts";

const eventually = { timeout: 10_000, interval: 20 };

async function poolOf(tokens: number): Promise<TokenPool> {
  const pool = new TokenPool(await testDirectory(), tokens);
  onTestFinished(() => pool.close());
  return pool;
}

/** Takes tokens as make does, a byte each, and holds them. Its output: a line for each. */
function client(pipe: string, tokens: number): ChildProcess {
  const script = `for i in $(seq ${tokens}); do IFS= read -r -N1 token <&9 && echo "$token"; done; sleep 60`;
  const child = spawn("bash", ["-c", `exec 9<>"$1"; ${script}`, "-", pipe], { detached: true, stdio: "ignore" });
  onTestFinished(() => {
    if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
  });
  return child;
}

test("no more jobs run than there are tokens, whoever asks", async () => {
  const pool = await poolOf(3);
  const [one, other] = [pool.open("one"), pool.open("other")];
  client(one, 2);
  client(other, 2);
  await vi.waitFor(() => expect(Object.values(pool.held()).reduce((a, b) => a + b)).toBe(3), eventually);
  expect(pool.held().one).toBeLessThanOrEqual(2);
  expect(pool.held().other).toBeLessThanOrEqual(2);
});

test("tokens of a build that is killed are back for the others", async () => {
  const pool = await poolOf(2);
  const killed = client(pool.open("killed"), 2);
  await vi.waitFor(() => expect(pool.held()).toEqual({ killed: 2 }), eventually);
  client(pool.open("waiting"), 2);
  expect(pool.held()).toEqual({ killed: 2, waiting: 0 });

  signalGroup(killed.pid ?? 0, "SIGKILL");
  await once(killed, "exit");
  pool.release("killed");
  await vi.waitFor(() => expect(pool.held()).toEqual({ waiting: 2 }), eventually);
});

test("what one build leaves lying goes to another that asks", async () => {
  const pool = await poolOf(1);
  pool.open("idle");
  client(pool.open("busy"), 1);
  await vi.waitFor(() => expect(pool.held()).toEqual({ idle: 0, busy: 1 }), eventually);
});
