import { expect, test } from "vitest";
import { SCHEDULE_PREFIX } from "../../operations/schedules.ts";
import {
  ALERTS_WORKFLOW,
  buildWorkflow,
  FLEET_WORKFLOW,
  runWorkflow,
  scheduleOf,
} from "../../web/src/wire/workflows.ts";
import { ALERTS_ID, buildPackageId, FLEET_ID, worldUpdateId } from "../../workflows/messages.ts";

test("the workflows that the page leads to are called like that", () => {
  expect([FLEET_WORKFLOW, ALERTS_WORKFLOW]).toEqual([FLEET_ID, ALERTS_ID]);
  expect(runWorkflow("desktop")).toBe(worldUpdateId("desktop"));
  expect(scheduleOf("nightly")).toBe(`${SCHEDULE_PREFIX}nightly`);
  expect(buildWorkflow("desktop-1", "a/b-1", 2)).toBe(buildPackageId("desktop-1", "a/b-1", 2));
});
