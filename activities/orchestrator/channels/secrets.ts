import { readFile } from "node:fs/promises";
import type { AlertChannel } from "../../../config/alerts.ts";
import { UserError } from "../../../model/errors.ts";

/** A channel's secrets, read for one message: files may be exchanged at any time. */
export interface Secrets {
  /** The address; empty for e-mail. */
  url: string;
  token: string | null;
  password: string | null;
  /** A text without them. */
  hide: (text: string) => string;
}

/** @throws UserError: a file cannot be read, or what is in it is no address. */
export async function readSecrets(channel: AlertChannel, env: NodeJS.ProcessEnv): Promise<Secrets> {
  const variable = (what: string): string | null =>
    env[`SWARM_ALERTS_${channel.name.toUpperCase().replaceAll("-", "_")}_${what}`] || null;
  const [secretUrl, token, password] = await Promise.all([
    fromFile(channel.urlFile),
    fromFile(channel.tokenFile),
    fromFile(channel.passwordFile),
  ]);
  const url = secretUrl ?? channel.url ?? "";
  if (secretUrl !== null && !/^https?:\/\/[^/]/.test(secretUrl)) {
    throw new UserError(`${channel.urlFile}: what is in it is no http:// or https:// address`);
  }
  const found = { token: token ?? variable("TOKEN"), password: password ?? variable("PASSWORD") };
  const hidden = [found.token, found.password, ...(secretUrl === null ? [] : [secretUrl, pathOf(secretUrl)])];
  const hide = (text: string): string =>
    hidden.reduce<string>((rest, secret) => (secret ? rest.replaceAll(secret, "***") : rest), text);
  return { url, ...found, hide };
}

async function fromFile(file: string | null): Promise<string | null> {
  if (file === null) return null;
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`cannot read ${file}: ${error.code ?? error.message}`);
  });
  const [first = ""] = text.trim().split("\n");
  if (first.trim() === "") throw new UserError(`${file} is empty`);
  return first.trim();
}

/** Path and query: the part of an address that is secret. */
function pathOf(url: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname + new URL(url).search : "";
  return path.length > 1 ? path : "";
}
