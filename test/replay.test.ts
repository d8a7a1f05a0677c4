import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "@temporalio/worker";
import { expect, inject, test } from "vitest";
import { quietRuntime } from "../bench/noop/swarm.ts";
import { dataConverter } from "../connection/codec.ts";
import { readHistory } from "./support/historyFile.ts";

const DIRECTORY = join(import.meta.dirname, "histories");

test("recorded runs replay against the workflows as they are now: what is under way survives an update of the swarm", async () => {
  const files = (await readdir(DIRECTORY)).filter((file) => file.endsWith(".json"));
  expect(files.length).toBeGreaterThan(0);
  const histories = await Promise.all(
    files.map(async (file) => ({
      workflowId: file,
      history: await readHistory(join(DIRECTORY, file)),
    })),
  );
  quietRuntime();
  const results = Worker.runReplayHistories(
    { workflowBundle: { codePath: inject("workflowBundle") }, dataConverter },
    histories,
  );
  const outcomes: Record<string, string> = {};
  for await (const { workflowId, error } of results) outcomes[workflowId] = error?.message ?? "same";
  expect(outcomes).toEqual(Object.fromEntries(files.map((file) => [file, "same"])));
});
