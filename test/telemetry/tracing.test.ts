import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "@temporalio/worker";
import { afterAll, beforeAll, expect, inject, test, vi } from "vitest";
import { quietRuntime } from "../../bench/noop/swarm.ts";
import { connectClient } from "../../connection/client.ts";
import { dataConverter } from "../../connection/codec.ts";
import { wantsTraces } from "../../telemetry/tracing.ts";
import { bundlePath } from "../../workers/bundle.ts";
import { FLEET_ID, worldUpdateId } from "../../workflows/messages.ts";
import { readHistory } from "../support/historyFile.ts";
import { LONG, type Swarm, startSwarm, TARGET } from "../support/swarm.ts";
import { OtlpReceiver } from "./otlpReceiver.ts";

vi.setConfig(LONG);

const HISTORIES = join(import.meta.dirname, "..", "histories");
const NO_SPANS = { exporter: { export: { fn: () => {} } } };

const receiver = new OtlpReceiver();
let swarm: Swarm;

beforeAll(async () => {
  // As an operator's shell has it, for `swarm up`, `swarm run-update` and all that they start.
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", await receiver.start());
  vi.stubEnv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json");
  vi.stubEnv("OTEL_BSP_SCHEDULE_DELAY", "200");
  swarm = await startSwarm({
    drones: { izar: { cores: 4, slots: 2 } },
    orchestrators: 1,
    packages: [{ cpv: "dev-libs/base-1.0" }, { cpv: "app-misc/top-1.0", needs: ["dev-libs/base"] }],
    world: ["app-misc/top"],
  });
});
afterAll(async () => {
  await swarm?.stop();
  await receiver[Symbol.asyncDispose]();
});

test("spans of a run: from the command through its workflows to a drone's build and the binhost's publish", async () => {
  await swarm.startRun();
  await swarm.do("pause");
  await swarm.do("resume");
  await swarm.reaches("gate");
  await swarm.do("finalize");
  await swarm.reaches("done");

  const [start] = await swarm.until("the run's spans", async () => {
    const found = receiver.named("StartWorkflow:worldUpdate");
    return receiver.named("RunWorkflow:worldUpdate", found[0]).length > 0 && found;
  });
  if (!start) throw new Error("no start");
  expect(start.service).toBe("build-swarm");
  const parentOf = (name: string, service: string): string[] =>
    receiver.named(name, start).flatMap((each) => {
      expect(each.service, name).toBe(service);
      return receiver.spans.filter(({ spanId }) => spanId === each.parentSpanId).map((parent) => parent.name);
    });
  const parents = (name: string, service: string): string[] => [...new Set(parentOf(name, service))];
  const orchestrator = "build-swarm-orchestrator";
  expect(parents("RunWorkflow:worldUpdate", orchestrator)).toEqual(["StartWorkflow:worldUpdate"]);
  expect(parents("StartChildWorkflow:buildPackage", orchestrator)).toEqual(["RunWorkflow:worldUpdate"]);
  expect(parents("RunWorkflow:buildPackage", orchestrator)).toEqual(["StartChildWorkflow:buildPackage"]);
  expect(parents("StartActivity:build", orchestrator)).toEqual(["RunWorkflow:buildPackage"]);
  expect(parents("RunActivity:build", "build-swarm-drone")).toEqual(["StartActivity:build"]);
  expect(parents("RunActivity:publish", "build-swarm-binhost")).toEqual(["StartActivity:publish"]);
  expect(receiver.named("RunActivity:build", start)).toHaveLength(2);
  // No span for what is asked all the time, and no metrics or logs to where traces go.
  expect(receiver.spans.filter(({ name }) => /Query|Describe/.test(name))).toEqual([]);
  expect(receiver.others).toEqual([]);
});

test("a run goes on under an orchestrator without traces, and then under one with them again", async () => {
  await swarm.putTree([
    { cpv: "dev-libs/base-1.0" },
    { cpv: "app-misc/top-2.0", needs: ["dev-libs/base"], held: true },
  ]);
  const replace = async (env: NodeJS.ProcessEnv): Promise<void> => {
    await swarm.kill("orchestrator-1");
    await swarm.up(env);
  };
  await swarm.startRun();
  await swarm.compiling("app-misc/top-2.0");
  await swarm.do("pause");
  await replace({ OTEL_EXPORTER_OTLP_ENDPOINT: "" });
  await swarm.do("resume");
  await swarm.release("app-misc/top-2.0");
  await swarm.reaches("gate");
  await replace({});
  await swarm.do("finalize");
  await swarm.reaches("done");
});

test("a run goes on where traces are turned on or off: histories are the same with both bundles", async () => {
  const client = await connectClient(swarm.config);
  const traced = [worldUpdateId(TARGET), FLEET_ID].map(async (workflowId) => ({
    workflowId,
    history: await client.workflow.getHandle(workflowId).fetchHistory(),
  }));
  const untraced = (await readdir(HISTORIES)).map(async (file) => ({
    workflowId: file,
    history: await readHistory(join(HISTORIES, file)),
  }));
  const histories = await Promise.all([...traced, ...untraced]);
  await client.connection.close();
  quietRuntime();
  for (const codePath of [inject("workflowBundle"), bundlePath(true)]) {
    const results = Worker.runReplayHistories(
      { workflowBundle: { codePath }, dataConverter, sinks: NO_SPANS },
      histories,
    );
    const outcomes: Record<string, string> = {};
    for await (const { workflowId, error } of results) outcomes[workflowId] = error?.message ?? "same";
    expect(outcomes).toEqual(Object.fromEntries(histories.map(({ workflowId }) => [workflowId, "same"])));
  }
});

test.each([
  [{}, false],
  [{ OTEL_SERVICE_NAME: "swarm" }, false],
  [{ OTEL_TRACES_EXPORTER: "none", OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318" }, false],
  [{ OTEL_SDK_DISABLED: "true", OTEL_TRACES_EXPORTER: "otlp" }, false],
  [{ OTEL_TRACES_EXPORTER: "", OTEL_EXPORTER_OTLP_ENDPOINT: "" }, false],
  [{ OTEL_TRACES_EXPORTER: "otlp" }, true],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318" }, true],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://localhost:4318/v1/traces" }, true],
])("%j: traces are wanted: %s", (env, wanted) => {
  expect(wantsTraces(env)).toBe(wanted);
});
