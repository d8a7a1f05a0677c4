import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import { LogFollower, SharedPieces } from "../../gateway/follow.ts";
import { SLICE } from "../../gateway/outlet.ts";
import { BinhostClient } from "../../store/client.ts";
import { createBinhostServer } from "../../store/server.ts";
import { openStore } from "../../store/store.ts";
import { RawClient } from "./rawClient.ts";

test("of a followed log no more waits in the answer than its reader is about to take", async () => {
  const directory = await mkdtemp(join(tmpdir(), "swarm-follow-"));
  const store = await openStore(directory, { name: "main" });
  const binhost = createBinhostServer(store, { token: "token", name: "main" });
  const url = await binhost.listen({ host: "127.0.0.1", port: 0 });
  const key = { run: "run-1", cpv: "cat/pkg-1", attempt: 1 };
  const piece = Buffer.alloc(1024 * 1024, 1);
  for (let i = 0; i < 4; i++) await store.logs.append(key, { begun: 1, offset: i * piece.length }, piece);
  const pieces = new SharedPieces({ binhost: async () => new BinhostClient(url, "token") });
  const followers: LogFollower[] = [];
  let most = 0;
  const server = createServer((_, raw) => {
    const follower = new LogFollower(raw, pieces, { key, fate: async () => null, isStill: undefined });
    followers.push(follower);
    const watching = setInterval(() => {
      most = Math.max(most, raw.writableLength);
    }, 5);
    raw.on("close", () => clearInterval(watching));
    void follower.follow({ offset: 0, begun: null });
  }).listen(0, "127.0.0.1");
  try {
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    using one = (await RawClient.open(`http://127.0.0.1:${port}`)).get("/");
    using two = (await RawClient.open(`http://127.0.0.1:${port}`)).get("/");
    await until("both wait for their readers", async () => {
      const before = followers.map(({ taken }) => taken);
      await sleep(200);
      return before.length === 2 && followers.every(({ taken }, i) => taken > 0 && taken === before[i]);
    });
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(2 * SLICE);
    // What is kept for both is the piece, once, and what was written of it.
    const kept = followers.reduce((sum, { waiting }) => sum + waiting, 0);
    expect(kept).toBeGreaterThan(piece.length);
    expect(kept).toBeLessThan(piece.length * 1.5);
    expect([one.isOver, two.isOver]).toEqual([false, false]);
  } finally {
    server.closeAllConnections();
    server.close();
    await binhost.close();
    store.history.close();
    await rm(directory, { recursive: true, force: true });
  }
});

test("a binhost that takes the request and never answers holds no follower up for long", async () => {
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  try {
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const pieces = new SharedPieces({ binhost: async () => new BinhostClient(`http://127.0.0.1:${port}`, "token") });
    const begun = performance.now();
    await expect(pieces.read({ run: "run-1", cpv: "cat/pkg-1", attempt: 1 }, 0)).rejects.toThrow(/timeout/);
    expect(performance.now() - begun).toBeLessThan(14_000);
  } finally {
    silent.closeAllConnections();
    silent.close();
  }
}, 20_000);
