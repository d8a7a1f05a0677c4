import { readFile } from "node:fs/promises";
import type { SwarmConfig } from "../config/schema.ts";
import { UserError } from "../model/errors.ts";

/** What every role gets from the command that runs it. */
export interface RoleContext {
  /** Aborted once: stop in order. */
  signal: AbortSignal;
  log: (line: string) => void;
  /** Called when the role does its work. */
  ready: () => void;
}

/** A role's process: runs until the signal is aborted; rejects when it cannot go on. */
export type Role = (config: SwarmConfig, name: string | null, context: RoleContext) => Promise<void>;

/** The swarm's token. */
export async function readToken(config: SwarmConfig): Promise<string> {
  const file = config.swarm.tokenFile;
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      `cannot read the swarm's token ${file}: ${error.code ?? error.message}. \`swarm up\` makes one; on another machine copy it there with mode 0600`,
    );
  });
  const token = text.trim();
  if (token.length < 16) throw new UserError(`the token in ${file} is shorter than 16 characters: make a new one`);
  return token;
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
