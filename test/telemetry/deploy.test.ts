import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { loadConfig } from "../../config/load.ts";
import { connectClient } from "../../connection/client.ts";
import type { Access } from "../../operations/access.ts";
import { readPackages } from "../../operations/packages.ts";
import { read } from "../../operations/readModel.ts";
import { BinhostClient } from "../../store/client.ts";
import { packageRoot } from "../../system/packageRoot.ts";
import { packageVersion } from "../../system/packageVersion.ts";
import { engineLatency } from "../../telemetry/engineLatency.ts";
import { mergedMetrics } from "../../telemetry/merge.ts";
import { roleRegistry } from "../../telemetry/processMetrics.ts";
import { gatewayMetrics } from "../../telemetry/readModelMetrics.ts";
import { roleAddresses } from "../../workers/roleRecords.ts";
import { LONG, type Swarm, startSwarm, TARGET } from "../support/swarm.ts";
import { labelsOf, valuesOf } from "./metricText.ts";
import { askedOf } from "./promql.ts";

vi.setConfig(LONG);

let swarm: Swarm;
/** What the gateway tells of a swarm whose roles are all real, after its run. */
let text = "";
/** ... and what it told itself while the run was paused. */
let pausedText = "";

beforeAll(async () => {
  swarm = await startSwarm({
    drones: { izar: { cores: 4, slots: 2 } },
    orchestrators: 1,
    packages: [
      { cpv: "dev-libs/base-1.0" },
      { cpv: "app-misc/top-1.0", needs: ["dev-libs/base"] },
      { cpv: "app-misc/broken-1.0", compile: "die broken" },
    ],
    world: ["app-misc/top", "app-misc/broken"],
  });
  [pausedText, text] = await aRunsMetrics();
});
afterAll(() => swarm?.stop());

async function aRunsMetrics(): Promise<[whilePaused: string, after: string]> {
  const ofProcess = roleRegistry({ role: "gateway", name: "home", version: "0" });
  const registry = new Registry();
  const gateway = gatewayMetrics(registry);
  const client = await connectClient(swarm.config, { interceptors: engineLatency(registry) });
  try {
    const loaded = await loadConfig({ path: swarm.configFile, env: {}, cwd: swarm.directory });
    const access: Access = {
      loadedConfig: async () => loaded,
      config: async () => swarm.config,
      client: async () => client,
      binhost: async () => new BinhostClient(swarm.config.binhost.url, await token()),
      by: "ann",
    };
    // A workflow that no orchestrator knows: its tasks fail.
    const unknown = { workflowId: "unknown", taskQueue: "orchestrator" };
    const stray = await client.workflow.start("unknownWorkflow", unknown);
    const observe = async (): Promise<void> => {
      const reading = await read(access);
      const { fleet } = reading;
      // Measured over a minute, which this run does not take.
      const drones = fleet?.drones.map((drone) => ({ ...drone, facts: { busyCores: 0, ...drone.facts } })) ?? [];
      const packages = await readPackages(access, TARGET);
      gateway.observe({
        reading: { ...reading, fleet: fleet && { ...fleet, drones } },
        packages,
        at: reading.at,
        alerts: [],
      });
    };
    await swarm.startRun();
    await swarm.until("a build", async () => (await swarm.view()).counts.delegated > 0);
    await swarm.do("pause");
    await observe();
    const whilePaused = await registry.metrics();
    await swarm.do("resume");
    await swarm.reaches("gate");
    await swarm.do("finalize", "--accept-failed");
    await swarm.reaches("done");
    await stray.terminate();
    await observe();
    const roles = await roleAddresses(swarm.config.swarm.stateDir);
    const own = [await ofProcess.metrics(), await registry.metrics()];
    return [
      whilePaused,
      await mergedMetrics({ own, roles: [...roles.map(({ url }) => url), swarm.config.binhost.url] }),
    ];
  } finally {
    await client.connection.close();
  }
}

const token = async (): Promise<string> => (await readFile(swarm.config.swarm.tokenFile, "utf8")).trim();

test("every role tells its metrics; values are of what has happened", async () => {
  const values = valuesOf(text);
  const roles = [...values.keys()].flatMap((key) => /^swarm_role_info\{.*role="(\w+)"/.exec(key)?.[1] ?? []);
  expect(roles.sort()).toEqual(["binhost", "drone", "gateway", "orchestrator"]);
  const sum = (start: RegExp): number =>
    [...values].reduce((total, [key, value]) => total + (start.test(key) ? value : 0), 0);
  expect(sum(/^swarm_role_up\{/)).toBe(3);
  expect(sum(/^swarm_build_duration_seconds_count\{.*category="dev-libs".*result="built"/)).toBe(1);
  expect(sum(/^swarm_build_duration_seconds_count\{.*category="app-misc".*result="package"/)).toBe(1);
  expect(sum(/^swarm_build_duration_seconds_sum\{.*result="built"/)).toBeGreaterThan(0);
  expect(sum(/^swarm_builds_running\{/)).toBe(0);
  expect(sum(/^swarm_artifacts_total\{.*result="accepted"/)).toBe(2);
  expect(sum(/^swarm_artifacts_accepted_bytes_total\{/)).toBe(sum(/^swarm_uploaded_bytes_total\{/));
  expect(sum(/^swarm_artifacts_accepted_bytes_total\{/)).toBeGreaterThan(0);
  expect(sum(/^swarm_publish_duration_seconds_count\{.*result="ok"/)).toBe(1);
  expect(values.has(`swarm_store_bytes{instance="${new URL(swarm.config.binhost.url).host}",role="binhost"}`)).toBe(
    true,
  );
  expect(sum(/^swarm_disk_free_bytes\{.*role="drone"/)).toBeGreaterThan(0);
  expect(sum(/^temporal_request_latency_seconds_count\{.*role="orchestrator"/)).toBeGreaterThan(0);
  expect(sum(/^swarm_engine_request_duration_seconds_count\{.*method="QueryWorkflow"/)).toBeGreaterThan(0);
});

test("each role says who it is, at a port of its own", async () => {
  const roles = await roleAddresses(swarm.config.swarm.stateDir);
  expect(new Set(roles.map(({ url }) => url)).size).toBe(2);
  const healths = await Promise.all(
    [...roles.map(({ url }) => url), swarm.config.binhost.url].map(async (url) => {
      const answer = await fetch(`${url}/healthz`);
      return [answer.status, await answer.json()];
    }),
  );
  const about = { ready: true, version: packageVersion(), uptime: expect.any(Number) };
  expect(healths).toEqual([
    [200, { name: "izar", role: "drone", ...about }],
    [200, { name: "orchestrator-1", role: "orchestrator", ...about }],
    [200, { name: "main", role: "binhost", ok: true, ...about }],
  ]);
});

describe("names by convention", () => {
  test("ours begin with swarm_, counters alone end in _total, units are base units", () => {
    const types = [...text.matchAll(/^# TYPE (swarm_\w+) (\w+)$/gm)].map(([, name = "", type = ""]) => ({
      name,
      type,
    }));
    expect(types.length).toBeGreaterThan(40);
    for (const { name, type } of types) {
      expect(name.endsWith("_total"), name).toBe(type === "counter");
      expect(name).not.toMatch(/_(ms|millis|milliseconds|minutes|hours|kb|mb|mib|gib|percent)(_|$)/);
      if (type === "histogram") expect(name).toMatch(/_seconds$/);
    }
    for (const [, name = ""] of text.matchAll(/^# HELP (\S+)/gm)) expect(text).toContain(`# TYPE ${name} `);
  });

  test("no label has a value for each package or run", () => {
    const cpv = /-\d+(\.\d+)*(-r\d+)?"/;
    const offenders = text.split("\n").filter((line) => cpv.test(line) || /"desktop-\d{8}/.test(line));
    expect(offenders.filter((line) => !line.startsWith("swarm_role_info"))).toEqual([]);
  });
});

/** What Prometheus adds to each value, and to those of a histogram. */
const ALWAYS = ["instance", "job", "role", "le"];

function unknownIn(expression: string, variables?: Record<string, string>): string[] {
  const known = labelsOf(`${text}${pausedText}`);
  return askedOf(expression, variables).flatMap(({ metric, labels }) => {
    const its = known.get(metric);
    if (!its) return [`${metric} in ${expression}`];
    return labels
      .filter((label) => !its.has(label) && !ALWAYS.includes(label))
      .map((label) => `label ${label} of ${metric} in ${expression}`);
  });
}

const target = z.looseObject({ expr: z.string(), legendFormat: z.string() });
const dashboardSchema = z.looseObject({
  panels: z.array(z.looseObject({ title: z.string(), targets: z.array(target).optional() })),
  templating: z.object({ list: z.array(z.looseObject({ name: z.string(), definition: z.string().optional() })) }),
});

test("the dashboard asks for nothing that is not exported", async () => {
  const file = join(packageRoot(), "deploy/grafana/swarm.json");
  const { panels, templating } = dashboardSchema.parse(JSON.parse(await readFile(file, "utf8")));
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  expect(expressions.length).toBeGreaterThan(40);
  const variables = { target: ".*", drone: ".*", __range: "6h" };
  expect(expressions.flatMap((each) => unknownIn(each, variables))).toEqual([]);
  // A legend names labels that its values have.
  const legends = panels.flatMap(({ title, targets = [] }) =>
    targets.flatMap(({ expr, legendFormat }) =>
      [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => ({ title, expr, label })),
    ),
  );
  for (const { title, expr, label } of legends) {
    const its = askedOf(expr, variables).flatMap(({ metric }) => [
      ...(labelsOf(`${text}${pausedText}`).get(metric) ?? []),
    ]);
    expect([...its, ...ALWAYS], title).toContain(label);
  }
  for (const { name, definition = "" } of templating.list) {
    const [, metric = "", label = ""] = /^label_values\((\w+), (\w+)\)$/.exec(definition) ?? [];
    if (name !== "datasource") expect(unknownIn(`${metric}{${label}="x"}`), name).toEqual([]);
  }
});

test("the alert rules ask for nothing that is not exported", async () => {
  const rules = await readFile(join(packageRoot(), "deploy/prometheus/rules.yml"), "utf8");
  const names = [...rules.matchAll(/^ {6}- alert: (\w+)$/gm)].map(([, name]) => name);
  const expressions = [...rules.matchAll(/^ {8}expr: (.+)$/gm)].map(([, expression = ""]) => expression);
  expect(new Set(names).size).toBe(expressions.length);
  expect(names).toEqual(
    expect.arrayContaining([
      ...["SwarmRunWaitsForFinalize", "SwarmRunPausedWithWork", "SwarmNothingStarts", "SwarmDroneLost"],
      ...["SwarmDiskLow", "SwarmPublishFails", "SwarmEngineSlow"],
    ]),
  );
  // What has not happened here is told with other values of the same labels.
  expect(expressions.flatMap((each) => unknownIn(each))).toEqual([]);
});

test("docs/metrics.md has every metric of ours, and no other", async () => {
  const docs = await readFile(join(packageRoot(), "docs/metrics.md"), "utf8");
  const told = new Set([...docs.matchAll(/`((?:swarm|process|nodejs)_\w+)/g)].map(([, name = ""]) => name));
  const types = [...`${text}${pausedText}`.matchAll(/^# TYPE ((?:swarm|process|nodejs)_\w+)/gm)];
  const exported = new Set(types.map(([, name = ""]) => name));
  expect([...told].sort()).toEqual([...exported].sort());
});

test("a name or label that is not exported is found out", () => {
  expect(unknownIn("sum by (drone) (rate(swarm_builds_runing[5m])) > 0")).toHaveLength(1);
  expect(unknownIn('swarm_packages{stat="failed"} > 0')).toHaveLength(1);
  expect(unknownIn("sum by (dron) (swarm_builds_running)")).toHaveLength(1);
  expect(unknownIn('time() - swarm_run_end_timestamp_seconds{target=~"$target"} > 1e3')).toEqual([]);
});
