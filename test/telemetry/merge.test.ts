import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { mergedMetrics } from "../../telemetry/merge.ts";

/** The base address of a role that answers so. */
async function role(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const host = (url: string): string => new URL(url).host;

test("a process's own metrics and those of its roles; which of them answered, and which have ended", async () => {
  const asked: (string | undefined)[] = [];
  const drone = await role(({ url }, response) => {
    asked.push(url);
    response.end('# TYPE swarm_role_info gauge\nswarm_role_info{role="drone",name="izar"} 1\n# TYPE up gauge\nup 1\n');
  });
  const gone = await role((_, response) => response.writeHead(503).end("starting"));
  const text = await mergedMetrics({
    own: [
      '# TYPE swarm_role_info gauge\nswarm_role_info{role="gateway"} 1\n# TYPE up gauge\nup 1\n',
      "# TYPE swarm_alerts gauge\nswarm_alerts 2\n",
    ],
    roles: [drone, gone, drone],
    // The second one's port has another role by now.
    ended: ["http://127.0.0.1:9470", drone],
  });
  expect(asked).toEqual(["/metrics"]);
  expect(text.split("\n")).toEqual([
    "# TYPE swarm_role_info gauge",
    'swarm_role_info{role="gateway"} 1',
    `swarm_role_info{role="drone",name="izar",instance="${host(drone)}"} 1`,
    "# TYPE up gauge",
    'up{role="gateway"} 1',
    `up{instance="${host(drone)}",role="drone"} 1`,
    "# TYPE swarm_alerts gauge",
    "swarm_alerts 2",
    "# HELP swarm_role_up 1 if the role told its metrics.",
    "# TYPE swarm_role_up gauge",
    `swarm_role_up{instance="${host(drone)}"} 1`,
    `swarm_role_up{instance="${host(gone)}"} 0`,
    'swarm_role_up{instance="127.0.0.1:9470"} 0',
    "",
  ]);
});

test("who does not answer, or never ends, costs two seconds at most and nothing else", async () => {
  const silent = await role(() => {});
  const endless = await role((_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(`a 1\n${"#".repeat(65_536)}\n`));
      if (!response.destroyed) response.once("drain", more);
    };
    more();
  });
  const began = performance.now();
  const text = await mergedMetrics({
    own: ["own 1\n"],
    roles: [silent, endless, "http://127.0.0.1:1", "no address"],
  });
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(text).toMatch(/^own 1\n/);
  expect(text.match(/^swarm_role_up.* 0$/gm)).toHaveLength(4);
  expect(text).not.toMatch(/^a/m);
});
