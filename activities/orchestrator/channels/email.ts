import { createTransport, type NodemailerError } from "nodemailer";
import type { AlertChannel } from "../../../config/alerts.ts";
import type { Notice } from "../../../model/alerts.ts";
import { UserError } from "../../../model/errors.ts";
import type { Secrets } from "./secrets.ts";
import { bodyOf, headline } from "./words.ts";

/** Of each step of the conversation. ms */
const PATIENCE_MS = 8_000;

/** Some of those whom a message is for have it now, or had it before; the mail server refused it for the others. */
export class RefusedForSome extends Error {
  readonly addresses: readonly string[];
  /** The server will not take it for any of them, however often it is asked. */
  readonly isFinal: boolean;

  constructor(message: string, { addresses, isFinal }: Pick<RefusedForSome, "addresses" | "isFinal">) {
    super(message);
    this.addresses = addresses;
    this.isFinal = isFinal;
  }
}

/**
 * Sends it by the channel's mail server. Its message id is that of the notice: a mailbox that has it already can tell.
 * @param left those who do not have it yet; absent: nobody has
 * @throws RefusedForSome
 */
export async function sendMail(
  channel: AlertChannel,
  notice: Notice,
  swarm: string,
  { password }: Secrets,
  left?: readonly string[],
): Promise<string> {
  const { smtpHost: host, smtpPort: port, smtpTls, user, from } = channel;
  if (host === null || from === null) throw new UserError("e-mail needs smtp_host and from");
  if (user !== null && password === null) throw new UserError(`the password of ${user} is missing: password_file`);
  const transport = createTransport({
    ...{ host, port, secure: smtpTls === "tls", requireTLS: smtpTls === "starttls", ignoreTLS: smtpTls === "none" },
    ...(user === null ? {} : { auth: { user, pass: password ?? "" } }),
    ...{ connectionTimeout: PATIENCE_MS, greetingTimeout: PATIENCE_MS, socketTimeout: PATIENCE_MS },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  try {
    const { response, rejectedErrors } = await transport.sendMail({
      envelope: { from, to: [...(left ?? channel.to)] },
      ...{ from, to: channel.to, subject: headline(notice, swarm), text: bodyOf(notice) },
      messageId: `<${notice.id}@${domainOf(from)}>`,
      date: new Date(notice.at),
      headers: { "x-swarm-alert": notice.kind, "auto-submitted": "auto-generated" },
    });
    if (rejectedErrors?.length) throw refusal(host, rejectedErrors);
    return `${host}: ${response}`;
  } catch (error) {
    // Where nobody has it yet, that all are refused is an error like any other.
    throw left && isRefusal(error) ? refusal(host, error.rejectedErrors) : error;
  } finally {
    transport.close();
  }
}

type Refusal = Pick<NodemailerError, "recipient" | "response" | "permanent">;

const isRefusal = (error: unknown): error is { rejectedErrors: Refusal[] } =>
  error instanceof Error && "rejectedErrors" in error && Array.isArray(error.rejectedErrors);

function refusal(host: string, refused: readonly Refusal[]): RefusedForSome {
  const each = refused.map(({ recipient = "", response = "no reason" }) => `${recipient} (${response})`);
  return new RefusedForSome(`${host} refuses it for ${each.join(", ")}; the others have it`, {
    addresses: refused.flatMap(({ recipient }) => recipient ?? []),
    isFinal: refused.every(({ permanent }) => permanent === true),
  });
}

/** Also of `Swarm <swarm@example.org>`. */
function domainOf(address: string): string {
  return /@([\w.-]+)/.exec(address)?.[1] ?? "swarm.invalid";
}
