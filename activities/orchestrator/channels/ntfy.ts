import type { AlertSeverity, Notice } from "../../../model/alerts.ts";
import { UserError } from "../../../model/errors.ts";
import { authorization, type ChannelRequest } from "./request.ts";
import type { Secrets } from "./secrets.ts";
import { bodyOf, headline } from "./words.ts";

/** ntfy makes a file of a message of more than 4,096 bytes. */
const MAX_BYTES = 3_500;
const MORE = "\n... swarm alerts";
/** ntfy's, of 1 to 5. */
const PRIORITIES: Record<AlertSeverity, number> = { info: 3, warning: 4, critical: 5 };
const QUIET = 2;
/** ntfy shows these as signs before the title. */
const TAGS: Record<AlertSeverity, string> = {
  info: "information_source",
  warning: "warning",
  critical: "rotating_light",
};

/**
 * As ntfy's publishing by JSON has it (https://docs.ntfy.sh/publish/#publish-as-json): to the server's root, with the topic, which is
 * the last part of the address, in the body. Since ntfy 2.16 a message with the `sequence_id` of an earlier one takes its place.
 */
export function ntfyRequest(notice: Notice, swarm: string, { url, token }: Secrets): ChannelRequest {
  const { kind, severity, id } = notice;
  if (new URL(url).pathname.replaceAll("/", "") === "")
    throw new UserError("ntfy's address ends with the topic, and there is none");
  const bad = kind === "fired" || (kind === "summary" && notice.alerts.some(({ endedAt }) => endedAt === null));
  // People copy it as their browser shows it.
  const address = url.replace(/\/+$/, "");
  const slash = address.lastIndexOf("/");
  const body = {
    topic: decodeURIComponent(address.slice(slash + 1)),
    title: headline(notice, swarm),
    message: shortened(bodyOf(notice)),
    priority: bad ? PRIORITIES[severity] : QUIET,
    tags: [bad ? TAGS[severity] : "white_check_mark"],
    sequence_id: id,
  };
  const headers = { "content-type": "application/json", "idempotency-key": id, ...authorization(token) };
  return { method: "POST", url: address.slice(0, slash + 1), headers, body: JSON.stringify(body) };
}

/** At most MAX_BYTES of a text, whole characters; where something is missing, the end says what shows it. */
function shortened(text: string): string {
  if (Buffer.byteLength(text) <= MAX_BYTES) return text;
  const room = new Uint8Array(MAX_BYTES - MORE.length);
  return text.slice(0, new TextEncoder().encodeInto(text, room).read) + MORE;
}
