import { open } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keepFor } from "../../activities/drone/logKeep.ts";
import { LogStreams } from "../../activities/drone/logStream.ts";
import { until } from "../../bench/noop/swarm.ts";
import { swarm as command } from "../support/command.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { gatewayOf } from "./support.ts";

const MIB = 2 ** 20;
/** What a binhost keeps of each log by default. */
const KEPT = 16 * MIB;
const LINES = 4_000_000;
const line = (number: number): string => `${String(number).padStart(8, "0")} compiling something\n`;

test("a log far longer than what is kept, from the drone to the binhost, the gateway and the command: its beginning, its end, and what is between is said", async () => {
  await using swarm = await noopSwarm({ drones: [] });
  await using gateway = await gatewayOf(swarm);
  const { directory, configFile } = gateway.access;
  const file = join(directory, "long.log");
  const key = { run: "desktop-20261121-0101", cpv: "a/long-1", attempt: 1 };
  const binhost = await gateway.access.binhost();
  const logged: string[] = [];
  const streams = new LogStreams(binhost.logs, { log: (message) => logged.push(message), keep: keepFor(KEPT) });
  const handle = await open(file, "w");
  await handle.write("the first line\n");
  streams.follow(file, { key, begun: Date.now() });
  await until("its beginning", async () => (await binhost.logs.state(key)).end > 0);
  let size = "the first line\n".length;
  for (let number = 0; number < LINES; number += 20_000) {
    const text = Array.from({ length: 20_000 }, (_, i) => line(number + i)).join("");
    await handle.write(text);
    size += text.length;
  }
  await handle.write("the last line\n");
  size += "the last line\n".length;
  await handle.close();
  streams.end(file);
  await until("its end", async () => (await binhost.logs.state(key)).complete);
  expect(logged).toEqual([]);
  expect(size).toBeGreaterThan(100 * MIB);

  const address = `/api/v1/logs/${key.run}/a/long-1/1`;
  const parts: string[] = [];
  let cut = "";
  for (let at = 0; at < size; ) {
    const { status, headers, body } = await gateway.ask<string>(`${address}?offset=${at}`);
    expect([status, headers.get("log-complete"), headers.get("log-size")]).toEqual([200, "true", String(size)]);
    cut = headers.get("log-cut") ?? cut;
    parts.push(body);
    at = Number(headers.get("log-offset")) + body.length;
  }
  const text = parts.join("");
  expect(text.length).toBeLessThanOrEqual(KEPT + 1_000);
  expect(text.length).toBeGreaterThan(KEPT * 0.9);
  expect(text).toMatch(/^the first line\n00000000 compiling/);
  expect(text).toMatch(new RegExp(`${line(LINES - 1)}the last line\n$`));
  const [from = 0, to = 0] = cut.split("-").map(Number);
  expect(from).toBe(KEPT / 2);
  expect(size - to).toBeGreaterThan(KEPT * 0.35);
  // Every line that is kept is whole, but at the cut.
  expect(
    text.split("\n").filter((each) => !/^(\d{8} compiling something|the (first|last) line|)$/.test(each)).length,
  ).toBeLessThan(5);

  const shown = await command(["logs", "a/long-1", "--run", key.run], { SWARM_CONFIG: configFile });
  expect([shown.code, shown.stderr]).toEqual([0, ""]);
  expect(`${shown.stdout}\n`).toBe(text);
});
