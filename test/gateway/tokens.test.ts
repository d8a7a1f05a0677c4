import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import { loadConfig } from "../../config/load.ts";
import { ensureOperatorToken, readOperatorToken } from "../../gateway/local.ts";
import { addToken, newToken, readTokens, removeToken, TokenBook } from "../../gateway/tokens.ts";
import { configFile, swarm, temporaryDirectory } from "../cli/command.ts";

/** As often the file is looked at. ms */
const RECHECK_MS = 1_000;
const FOREVER = { role: "viewer", expiresAt: null } as const;

async function bookOf(file: string): Promise<TokenBook> {
  return new TokenBook(file, (line) => {
    throw new Error(line);
  });
}

test("a token is known by its hash alone, in a file that only its owner reads", async () => {
  const file = join(await temporaryDirectory(), "tokens.json");
  const token = newToken();
  await addToken(file, { name: "ann", role: "operator", expiresAt: null }, token);
  expect(Buffer.from(token, "base64url")).toHaveLength(32);
  expect(await readFile(file, "utf8")).not.toContain(token);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const book = await bookOf(file);
  expect(await book.check(token)).toEqual({ caller: { name: "ann", role: "operator" } });
  for (const wrong of ["", token.slice(1), `${token}x`, newToken()]) {
    expect(await book.check(wrong)).toEqual({ problem: "unknown" });
  }
});

test("one that has expired is told apart", async () => {
  const file = join(await temporaryDirectory(), "tokens.json");
  const [old, young] = [newToken(), newToken()];
  await addToken(file, { name: "old", role: "viewer", expiresAt: Date.now() - 1 }, old);
  await addToken(file, { name: "young", role: "viewer", expiresAt: Date.now() + 60_000 }, young);
  const book = await bookOf(file);
  expect(await book.check(old)).toEqual({ problem: "expired" });
  expect(await book.check(young)).toMatchObject({ caller: { name: "young" } });
});

test("what is removed lets nobody in within two seconds, without a restart", async () => {
  const file = join(await temporaryDirectory(), "tokens.json");
  const token = newToken();
  await addToken(file, { name: "ann", ...FOREVER }, token);
  const book = await bookOf(file);
  expect(await book.check(token)).toMatchObject({ caller: { name: "ann" } });
  await removeToken(file, "ann");
  await until("it is refused", async () => "problem" in (await book.check(token)), { ms: 2_000 });
});

test("many who add at the same time all get theirs; a name is given once", async () => {
  const file = join(await temporaryDirectory(), "tokens.json");
  const names = Array.from({ length: 8 }, (_, i) => `user-${i}`);
  await Promise.all(names.map((name) => addToken(file, { name, ...FOREVER }, newToken())));
  expect((await readTokens(file)).map(({ name }) => name).sort()).toEqual(names);
  await expect(addToken(file, { name: "user-3", ...FOREVER }, newToken())).rejects.toThrow(/swarm token remove user-3/);
  await expect(removeToken(file, "usr-3")).rejects.toThrow(/did you mean 'user-3'/);
});

test("a file that is no such file: those that were known go on, and it is said", async () => {
  const file = join(await temporaryDirectory(), "tokens.json");
  const token = newToken();
  await addToken(file, { name: "ann", ...FOREVER }, token);
  const said: string[] = [];
  const book = new TokenBook(file, (line) => said.push(line));
  expect(await book.check(token)).toMatchObject({ caller: { name: "ann" } });
  await writeFile(file, "{ half a fi");
  await until("it is said", async () => {
    expect(await book.check(token)).toMatchObject({ caller: { name: "ann" } });
    return said.length > 0;
  });
  expect(said[0]).toContain(file);
});

test("swarm token: made and printed once, listed without it, removed", async () => {
  const config = await configFile('[swarm]\nstate_dir = "state"\n');
  const run = (...args: string[]) => swarm(["--config", config, ...args]);
  const added = await run("token", "add", "ann", "--role", "operator", "--expires", "30d");
  expect(added.exitCode, added.stderr).toBe(0);
  expect(added.stdout).toMatch(/^[\w-]{43}$/);
  expect(added.stderr).toContain("shown this once");
  const listed = JSON.parse((await run("--json", "token", "list")).stdout);
  expect(listed).toMatchObject([{ name: "ann", role: "operator" }]);
  expect(listed[0].expiresAt - listed[0].createdAt).toBeGreaterThan(29 * 86_400_000);
  expect(JSON.stringify(listed)).not.toMatch(/sha256|token/);
  expect((await run("token", "add", "bob", "--role", "king")).exitCode).toBe(2);
  expect((await run("token", "add", "bob", "--role", "viewer", "--expires", "soon")).exitCode).toBe(2);
  expect((await run("token", "add", "../bob", "--role", "viewer")).exitCode).toBe(2);
  expect((await run("token", "remove", "ann")).exitCode).toBe(0);
  expect((await run("token", "list")).stdout).toContain("There is no token");
}, 60_000);

test("a machine without tokens gets one for its operator, once, however many begin", async () => {
  const file = await configFile('[swarm]\nstate_dir = "state"\n');
  const { config } = await loadConfig({ path: file, env: {}, cwd: "/" });
  const made = await Promise.all([1, 2, 3].map(() => ensureOperatorToken(config)));
  expect(made.filter(Boolean)).toHaveLength(1);
  const token = await readOperatorToken(config.swarm.stateDir);
  expect(await (await bookOf(config.gateway.tokens)).check(token ?? "")).toMatchObject({
    caller: { role: "operator" },
  });
  expect(await ensureOperatorToken(config)).toBe(false);
});

test("a file that cannot be read is told of once, also while many ask, and again when it was mended and is broken anew", async () => {
  const file = join(await temporaryDirectory(), "tokens.json");
  const token = newToken();
  await addToken(file, { name: "ann", ...FOREVER }, token);
  const whole = await readFile(file, "utf8");
  const lines: string[] = [];
  const book = new TokenBook(file, (line) => lines.push(line));
  await book.check(token);
  const looksAnew = async (count: number): Promise<void> => {
    for (let looks = 0; looks < count; looks++) {
      await sleep(RECHECK_MS + 10);
      expect(await book.check(token)).toMatchObject({ caller: { name: "ann" } });
    }
  };
  await writeFile(file, "{ damaged");
  await looksAnew(3);
  expect(lines).toHaveLength(1);
  await writeFile(file, whole);
  await looksAnew(1);
  await writeFile(file, "{ damaged");
  await looksAnew(2);
  expect(lines).toHaveLength(2);
});
