import { createTransport } from "nodemailer";
import type { AlertChannel } from "../../../config/alerts.ts";
import type { Notice } from "../../../model/alerts.ts";
import { UserError } from "../../../model/errors.ts";
import type { Secrets } from "./secrets.ts";
import { bodyOf, headline } from "./words.ts";

/** Of each step of the conversation. ms */
const PATIENCE_MS = 8_000;

/** Sends it by the channel's mail server. Its message id is that of the notice: a mailbox that has it already can tell. */
export async function sendMail(
  channel: AlertChannel,
  notice: Notice,
  swarm: string,
  { password }: Secrets,
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
    const { response } = await transport.sendMail({
      ...{ from, to: channel.to, subject: headline(notice, swarm), text: bodyOf(notice) },
      messageId: `<${notice.id}@${domainOf(from)}>`,
      date: new Date(notice.at),
      headers: { "x-swarm-alert": notice.kind, "auto-submitted": "auto-generated" },
    });
    return `${host}: ${response}`;
  } finally {
    transport.close();
  }
}

/** Also of `Swarm <swarm@example.org>`. */
function domainOf(address: string): string {
  return /@([\w.-]+)/.exec(address)?.[1] ?? "swarm.invalid";
}
