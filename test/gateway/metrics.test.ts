import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recordPath, recordsDir, writeRecord } from "../../workers/roleRecords.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { valuesOf } from "../telemetry/metricText.ts";
import { gatewayOf } from "./support.ts";

test("a role of this machine whose process has ended is down; of the gateway, its process alone is a role's", async () => {
  await using swarm = await noopSwarm({});
  await using gateway = await gatewayOf(swarm);
  const stateDir = join(gateway.access.directory, "state");
  const gone = { pid: 2 ** 22 - 1, startTime: "1", bootId: "an earlier one" };
  await mkdir(recordsDir(stateDir), { recursive: true });
  await writeRecord(stateDir, { label: "orchestrator-2", identity: gone, startedAt: "2026-11-21T00:00:00Z" });
  const address = recordPath(stateDir, "orchestrator-2").replace(/json$/, "address");
  await writeFile(address, JSON.stringify({ ...gone, url: "http://127.0.0.1:9470" }));
  const { body } = await gateway.ask<string>("/metrics");
  const values = valuesOf(body);
  expect(values.get('swarm_role_up{instance="127.0.0.1:9470"}')).toBe(0);
  expect(values.get('process_resident_memory_bytes{role="gateway"}')).toBeGreaterThan(0);
  expect(values.get("swarm_engine_up")).toBe(1);
});
