import { readFile } from "node:fs/promises";
import proto from "@temporalio/proto";
import { writeFileAtomic } from "../../system/atomicFile.ts";

const { History } = proto.temporal.api.history.v1;
export type WorkflowHistory = proto.temporal.api.history.v1.History;

/**
 * Writes a history as JSON, without what belongs to the machine of the recording. The SDK's own conversion asks for one
 * protobufjs shared by all its packages, which npm does not always arrange.
 */
export async function writeHistory(file: string, history: proto.temporal.api.history.v1.IHistory): Promise<string> {
  const plain = History.toObject(History.fromObject(history), { enums: String, longs: String, bytes: String });
  const text = JSON.stringify(plain, (key, value) => (MACHINE.has(key) ? "" : value), 1);
  await writeFileAtomic(file, `${text}\n`);
  return text;
}

export async function readHistory(file: string): Promise<WorkflowHistory> {
  return History.fromObject(JSON.parse(await readFile(file, "utf8")));
}

/** A history that was made up, or changed. */
export function historyOf(events: object[]): WorkflowHistory {
  return History.fromObject({ events });
}

const MACHINE = new Set(["identity", "stackTrace"]);
