import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { AcceptRequest, AcceptResult } from "../model/binhost.ts";
import { type GpkgReport, readGpkg } from "../portage/gpkg.ts";
import { GpkgError } from "../portage/gpkgError.ts";
import { renameDurably, writeFileAtomic } from "../system/atomicFile.ts";
import { exclusively, type StoreContext } from "./context.ts";
import { orNull, StoreError } from "./errors.ts";
import { differences, storedPackage } from "./identity.ts";
import { indexFields } from "./packagesIndex.ts";
import { addToPool } from "./pool.ts";
import { type PoolRecord, ReasonSchema, readRecord } from "./records.ts";
import { stage, stagedBuild } from "./staging.ts";
import { target } from "./targets.ts";

/** Judges an upload by the file itself. Repeated, it gives the same verdict, wherever an earlier call was cut off. */
export function acceptUpload(context: StoreContext, request: AcceptRequest): Promise<AcceptResult> {
  return context.mutex.run(`upload ${request.id}`, async () => {
    await target(context, request.target);
    const file = context.layout.wholeUpload(request.id);
    if ((await orNull(stat(file))) === null) return earlierVerdict(context, request);
    const judged = await judge(file, request);
    if (typeof judged === "string") return quarantine(context, request, judged);
    return exclusively(context, context.layout.poolLock, () => take(context, request, file, judged));
  });
}

/** The record of a good artifact, or why it is none. */
async function judge(file: string, request: AcceptRequest): Promise<PoolRecord | string> {
  const { size } = await stat(file);
  if (size !== request.size) return `${size} bytes, the drone said ${request.size}`;
  try {
    const report: GpkgReport = await readGpkg(file);
    if (report.sha256 !== request.sha256) return `SHA-256 is ${report.sha256}, the drone said ${request.sha256}`;
    const found = storedPackage(report, request.expected.settings);
    const wrong = differences(found, request.expected);
    return wrong.length > 0 ? wrong.join("; ") : { package: found, index: indexFields(report) };
  } catch (error) {
    if (error instanceof GpkgError) return error.message;
    throw error;
  }
}

async function take(
  context: StoreContext,
  request: AcceptRequest,
  file: string,
  record: PoolRecord,
): Promise<AcceptResult> {
  const { cpv, buildId, sha256 } = record.package;
  const first = await stagedBuild(context, request.run, cpv, buildId);
  if (first !== null && first.sha256 !== sha256) {
    await quarantine(
      context,
      request,
      `superseded: the run already has another artifact of this build, ${first.sha256}`,
    );
    return { accepted: first };
  }
  await addToPool(context, file, record);
  context.checkpoint("accept: recorded");
  await stage(context, request.run, record.package);
  context.checkpoint("accept: staged");
  await rm(file);
  return { accepted: record.package };
}

/** The upload is gone: it was accepted or refused before. */
async function earlierVerdict(context: StoreContext, { id, run, expected }: AcceptRequest): Promise<AcceptResult> {
  const accepted = await stagedBuild(context, run, expected.cpv, expected.buildId);
  if (accepted !== null && differences(accepted, expected).length === 0) return { accepted };
  const refused = await orNull(readRecord(join(context.layout.quarantine(id), "reason.json"), ReasonSchema));
  if (refused !== null) return { rejected: refused.reason };
  throw new StoreError("not-found", `upload ${id} is not finished: nothing to accept`, { hint: "Upload it (again)." });
}

/** The reason is there before the artifact is moved: nothing lies in quarantine without one. */
async function quarantine(context: StoreContext, { id, run }: AcceptRequest, reason: string): Promise<AcceptResult> {
  const directory = context.layout.quarantine(id);
  const record = { id, run, reason, at: new Date().toISOString() };
  await writeFileAtomic(join(directory, "reason.json"), `${JSON.stringify(record, null, 2)}\n`);
  context.checkpoint("quarantine: reason written");
  // An upload of the same id may lie there already: it is kept too.
  const earlier = (await readdir(directory)).filter((name) => name.endsWith(".gpkg.tar")).length;
  const name = earlier === 0 ? "artifact.gpkg.tar" : `artifact-${earlier + 1}.gpkg.tar`;
  await renameDurably(context.layout.wholeUpload(id), join(directory, name));
  return { rejected: reason };
}
