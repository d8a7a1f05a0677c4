import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { SwarmConfig } from "../config/schema.ts";
import { isName } from "../model/names.ts";
import { writeFileAtomic } from "../system/atomicFile.ts";
import { withLock } from "../system/lock.ts";
import { addToken, newToken, readTokens } from "./tokens.ts";

const AddressSchema = z.object({ url: z.string() });

/** Where the token of whoever started the swarm on this machine is, for the page and the monitor. */
export const operatorTokenFile = (stateDir: string): string => join(stateDir, "operator-token");

/**
 * On a machine whose gateway has no tokens at all: makes one for whoever runs it, and leaves it where only they can read
 * it. True if it was made. Interrupted, it is made anew at the next start.
 */
export async function ensureOperatorToken(config: SwarmConfig): Promise<boolean> {
  const { tokens } = config.gateway;
  const file = operatorTokenFile(config.swarm.stateDir);
  if ((await readTokens(tokens)).length > 0) return false;
  // Of two that start at the same time the second finds what the first has made.
  return withLock(`${file}.lock`, async () => {
    if ((await readTokens(tokens)).length > 0) return false;
    const user = process.env.SUDO_USER ?? process.env.USER ?? "";
    const token = newToken();
    await writeFileAtomic(file, `${token}\n`, 0o600);
    await addToken(tokens, { name: isName(user) ? user : "operator", role: "operator", expiresAt: null }, token);
    return true;
  });
}

/** The token of this machine's operator; null: there is none. */
export async function readOperatorToken(stateDir: string): Promise<string | null> {
  const text = await readFile(operatorTokenFile(stateDir), "utf8").catch(() => "");
  return text.trim() || null;
}

/** Where the gateway of a state directory listens, as the last one that started there has noted. */
export const addressFile = (stateDir: string): string => join(stateDir, "gateway.json");

/** The address of this machine's gateway: where it listens now, else as it is configured. */
export async function gatewayUrl({ swarm, gateway }: SwarmConfig): Promise<string> {
  try {
    return AddressSchema.parse(JSON.parse(await readFile(addressFile(swarm.stateDir), "utf8"))).url;
  } catch {
    return gateway.url;
  }
}
