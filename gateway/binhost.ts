import { readFile } from "node:fs/promises";
import { BinhostClient } from "../store/client.ts";
import { ANSWER_WITHIN_MS } from "./limits.ts";

/** A client of the binhost. The token is read each time: `swarm up` may make it after the gateway was started. */
export async function binhostAt(url: string, tokenFile: string): Promise<BinhostClient> {
  const token = await readFile(tokenFile, "utf8").catch(() => "");
  return new BinhostClient(url, token.trim(), ANSWER_WITHIN_MS);
}
