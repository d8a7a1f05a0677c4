import type { Notice } from "../../../model/alerts.ts";
import { authorization, type ChannelRequest } from "./request.ts";
import type { Secrets } from "./secrets.ts";

/** The whole message as JSON. A receiver that may not get it twice looks at the key. */
export function webhookRequest(notice: Notice, swarm: string, { url, token }: Secrets): ChannelRequest {
  const headers = {
    "content-type": "application/json",
    "idempotency-key": notice.id,
    ...authorization(token),
  };
  return { method: "POST", url, headers, body: JSON.stringify({ swarm, ...notice }) };
}
