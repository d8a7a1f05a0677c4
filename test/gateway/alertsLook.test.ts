import { expect, inject, test } from "vitest";
import { until } from "../../bench/noop/swarm.ts";
import { QUEUES } from "../../model/activities.ts";
import { readAlerts } from "../../operations/alerts.ts";
import { ALERTS_ID } from "../../workflows/messages.ts";
import { noopSwarm } from "../support/noopSwarm.ts";
import { CountingProxy } from "./countingProxy.ts";
import { gatewayAt } from "./support.ts";

test("alerts are looked at with two questions, and once for all who ask for metrics at the same time", async () => {
  await using swarm = await noopSwarm({});
  await swarm.client.workflow.start("alerts", { workflowId: ALERTS_ID, taskQueue: QUEUES.orchestrator });
  await using proxy = await CountingProxy.to(inject("temporalAddress"));
  await using gateway = await gatewayAt({ address: proxy.address, namespace: swarm.namespace }, swarm);
  const { access } = gateway.gateway.services;
  await until("the first look is over", async () => (await gateway.ask("/api/v1/state")).status === 200);
  const questions = async (act: () => Promise<unknown>): Promise<[number, number]> => {
    const count = (name: string): number => proxy.calls.get(name) ?? 0;
    const before = [count("QueryWorkflow"), count("DescribeWorkflowExecution")] as const;
    await act();
    return [count("QueryWorkflow") - before[0], count("DescribeWorkflowExecution") - before[1]];
  };
  // Nobody is told of the looks beside them: there is no run, whose execution they would ask for.
  const [, described] = await questions(() => readAlerts(access));
  expect(described).toBe(1);
  const [asked] = await questions(() => Promise.all(Array.from({ length: 20 }, () => gateway.ask("/metrics"))));
  console.log(`20 asked for metrics: ${asked} queries`);
  expect(asked).toBeLessThan(15);
});
