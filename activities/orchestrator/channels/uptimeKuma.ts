import type { Notice } from "../../../model/alerts.ts";
import { UserError } from "../../../model/errors.ts";
import type { ChannelRequest } from "./request.ts";
import type { Secrets } from "./secrets.ts";

/** Uptime Kuma keeps but a line. characters */
const MAX_MESSAGE = 250;

/** What is wrong as a push monitor sees it: any alert that lasts is `down`. */
export function kumaWords({ alerts, others }: Notice): { troubles: string[]; id?: string } {
  const lasting = alerts.filter(({ endedAt }) => endedAt === null).map(({ title }) => title);
  return { troubles: [...lasting, ...others] };
}

/** A push monitor's request: `<address>/api/push/<token>?status=up&msg=OK`. To be told the same twice does it no harm. */
export function kumaRequest({ troubles }: { troubles: readonly string[] }, { url, token }: Secrets): ChannelRequest {
  if (/\/api\/push$/.test(url) && token === null) {
    throw new UserError("the push monitor's token is missing: name its file as token_file");
  }
  // People copy the whole address, with an example of what comes behind the question mark.
  const address = new URL(token === null ? url : `${url}/${encodeURIComponent(token)}`);
  const message = troubles.length === 0 ? "OK" : troubles.join("; ");
  const short = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - 3)}...` : message;
  address.search = new URLSearchParams({ status: troubles.length === 0 ? "up" : "down", msg: short }).toString();
  return { method: "GET", url: address.href, headers: {}, body: null };
}
