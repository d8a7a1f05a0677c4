import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { freePort, hostAndPort, isPortFree, portOwner } from "../../system/ports.ts";

test("a free port is free until somebody listens, who is then told", async () => {
  const port = await freePort("127.0.0.1");
  expect(await isPortFree("127.0.0.1", port)).toBe(true);
  expect(portOwner(port)).toBeNull();
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  expect(await isPortFree("127.0.0.1", port)).toBe(false);
  expect(portOwner(port)).toMatch(new RegExp(`\\(process ${process.pid}\\)$`));
});

test.each([
  ["127.0.0.1", "127.0.0.1:80"],
  ["0.0.0.0", "127.0.0.1:80"],
  ["::1", "[::1]:80"],
  ["::", "[::1]:80"],
])("what listens on %s is reached at %s", (ip, address) => {
  expect(hostAndPort(ip, 80)).toBe(address);
});

test("a free port is not one that the kernel may give to somebody else before it is used", async () => {
  const lowest = Number.parseInt(await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8"), 10);
  expect(await freePort("127.0.0.1")).toBeLessThan(lowest);
});
