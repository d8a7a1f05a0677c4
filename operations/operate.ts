import type { Client } from "@temporalio/client";
import { UserError } from "../model/errors.ts";
import type { RunView } from "../model/run.ts";
import { runQuery, worldUpdateId } from "../workflows/messages.ts";
import type { Access } from "./access.ts";
import { askWorkflow, sendUpdate } from "./engine.ts";
import { readPackages } from "./packages.ts";
import { chooseRun } from "./targets.ts";
import { verification } from "./verification.ts";

/** Sends an update of an operator to the run of a target. UserError: there is none in progress, or it must not be published. */
export async function operateRun<Answer>(
  access: Access,
  given: string | undefined,
  update: "finalize" | "unblock" | "prioritize" | "queue" | "balance" | "pause" | "resume" | "cancel",
  argument: Record<string, unknown> = {},
): Promise<Answer> {
  const target = await chooseRun(access, given);
  if (update === "finalize") await refuseBadPublish(access, target);
  const missing = `no run of ${target} is in progress. Start one: swarm run-update`;
  return sendUpdate(await access.client(), worldUpdateId(target), update, { by: access.by, ...argument }, missing);
}

/** The run does not look at the binhost before it publishes what is there. UserError: not all is there that it has received. */
async function refuseBadPublish(access: Access, target: string): Promise<void> {
  const client = await access.client();
  const view = await viewOf(client, target);
  // What is not at the gate refuses by itself, and nothing can be missing of nothing.
  if (view?.step !== "gate" || view.counts.received === 0) return;
  const [packages, staged] = await Promise.all([
    readPackages(access, target),
    access.binhost().then((binhost) => binhost.staged(view.run)),
  ]);
  const { risk, words } = verification(view, packages, staged);
  // While another finalize is carried out the staging becomes empty.
  if (risk !== "do not" || (await viewOf(client, target))?.step !== "gate") return;
  const [what = "", ...then] = words;
  throw new UserError([`${view.run} must not be published. ${what}`, ...then]);
}

/** null: there was no run. */
async function viewOf(client: Client, target: string): Promise<RunView | null> {
  try {
    return await askWorkflow(client, worldUpdateId(target), runQuery);
  } catch (error) {
    if (error instanceof Error && error.name === "WorkflowNotFoundError") return null;
    throw error;
  }
}
