import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { writeFileAtomic } from "../system/atomicFile.ts";
import { explainFull, type StoreContext } from "./context.ts";
import { orNull, StoreError } from "./errors.ts";

/** Content-addressed bytes: a second put of the same changes nothing. */
export async function putBlob(context: StoreContext, bytes: Uint8Array): Promise<string> {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const path = context.layout.blob(sha256);
  if ((await orNull(stat(path))) === null) await explainFull(context, () => writeFileAtomic(path, bytes));
  return sha256;
}

export async function getBlob(context: StoreContext, sha256: string): Promise<Buffer> {
  const bytes = await orNull(readFile(context.layout.blob(sha256)));
  if (bytes === null) throw new StoreError("not-found", `no blob ${sha256} in this binhost`);
  return bytes;
}
