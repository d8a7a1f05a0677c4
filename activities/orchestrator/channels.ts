import type { AlertChannel } from "../../config/alerts.ts";
import type { Notice } from "../../model/alerts.ts";
import { messageOf } from "../../model/errors.ts";
import { RefusedForSome, sendMail } from "./channels/email.ts";
import { ntfyRequest } from "./channels/ntfy.ts";
import { request } from "./channels/request.ts";
import { readSecrets, type Secrets } from "./channels/secrets.ts";
import { kumaRequest, kumaWords } from "./channels/uptimeKuma.ts";
import { webhookRequest } from "./channels/webhook.ts";

/** What every message comes from. */
export interface Sender {
  /** The swarm's name. */
  swarm: string;
  env: NodeJS.ProcessEnv;
}

/**
 * Sends one message. What the channel answered, in its words.
 * @param left of an e-mail: who does not have it yet; absent: nobody has
 * @throws where it did not take it, RefusedForSome where it did for some; never with a secret in the message
 */
export async function sendNotice(
  channel: AlertChannel,
  notice: Notice,
  { swarm, env }: Sender,
  left?: readonly string[],
): Promise<string> {
  return await withSecrets(channel, env, async (secrets) => {
    switch (channel.kind) {
      case "webhook":
        return await request(webhookRequest(notice, swarm, secrets));
      case "ntfy":
        return await request(ntfyRequest(notice, swarm, secrets));
      case "uptime-kuma":
        return await request(kumaRequest(kumaWords(notice), secrets));
      case "email":
        return await sendMail(channel, notice, swarm, secrets, left);
    }
  });
}

/** Tells a channel that wants to hear regularly how things are. @param troubles titles of what is wrong; none: all is well. */
export async function beat(channel: AlertChannel, troubles: readonly string[], { env }: Sender): Promise<void> {
  if (channel.kind !== "uptime-kuma") return;
  await withSecrets(channel, env, (secrets) => request(kumaRequest({ troubles }, secrets)));
}

async function withSecrets<T>(
  channel: AlertChannel,
  env: NodeJS.ProcessEnv,
  use: (secrets: Secrets) => Promise<T>,
): Promise<T> {
  const secrets = await readSecrets(channel, env);
  try {
    return await use(secrets);
  } catch (error) {
    // Errors go into workflows' histories, and to screens. A stack or a cause could have the secret again.
    const message = secrets.hide(messageOf(error));
    throw error instanceof RefusedForSome ? new RefusedForSome(message, error) : new Error(message);
  }
}
