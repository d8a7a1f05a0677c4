import { expect, expectTypeOf, test } from "vitest";
import type { State } from "../../gateway/schemas/state.ts";
import type { Preview } from "../../gateway/views/preview.ts";
import type { RunRecord } from "../../operations/runs.ts";
import type { FinalizePreview, RunRecord as ReadRecord, StateAnswer } from "../../web/src/wire/answers.ts";
import { ALERTS_WORKFLOW, buildWorkflow, FLEET_WORKFLOW, runWorkflow } from "../../web/src/wire/workflows.ts";
import { ALERTS_ID, buildPackageId, FLEET_ID, worldUpdateId } from "../../workflows/messages.ts";

test("what the page reads is what the gateway says", () => {
  // Held by the type check; the page knows nothing of the gateway but these.
  expectTypeOf<State>().toExtend<StateAnswer>();
  expectTypeOf<Preview>().toExtend<FinalizePreview>();
  expectTypeOf<RunRecord>().toExtend<ReadRecord>();
});

test("the workflows that the page leads to are called like that", () => {
  expect([FLEET_WORKFLOW, ALERTS_WORKFLOW]).toEqual([FLEET_ID, ALERTS_ID]);
  expect(runWorkflow("desktop")).toBe(worldUpdateId("desktop"));
  expect(buildWorkflow("desktop-1", "a/b-1", 2)).toBe(buildPackageId("desktop-1", "a/b-1", 2));
});
