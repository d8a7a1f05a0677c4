import { worldUpdateId } from "../workflows/messages.ts";
import type { Access } from "./access.ts";
import { sendUpdate } from "./engine.ts";
import { chooseRun } from "./targets.ts";

/** Sends an update of an operator to the run of a target. UserError: there is none in progress. */
export async function operateRun<Answer>(
  access: Access,
  given: string | undefined,
  update: "finalize" | "unblock" | "prioritize" | "queue" | "balance" | "pause" | "resume" | "cancel",
  argument: Record<string, unknown> = {},
): Promise<Answer> {
  const target = await chooseRun(access, given);
  const missing = `no run of ${target} is in progress. Start one: swarm run-update`;
  return sendUpdate(await access.client(), worldUpdateId(target), update, { by: access.by, ...argument }, missing);
}
