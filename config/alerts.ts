import { z } from "zod";
import { ALERT_SEVERITIES, type AlertRules, type AlertSeverity } from "../model/alerts.ts";
import { NAME_RULE } from "../model/names.ts";
import {
  gibibytes,
  hostName,
  httpUrl,
  mailAddress,
  mailAddresses,
  nameSchema,
  path,
  port,
  text,
  trueOrFalse,
  wholeNumber,
} from "./keys.ts";
import type { Problem } from "./problems.ts";

export interface AlertsConfig extends AlertRules {
  /** None: nobody is told, and nothing is watched. */
  channels: AlertChannel[];
}

/** Where messages go. Secrets are never here, only the files that have them. */
export interface AlertChannel {
  name: string;
  kind: (typeof KINDS)[number];
  minSeverity: AlertSeverity;
  url: string | null;
  /** A file with the address, where that is a secret itself. */
  urlFile: string | null;
  tokenFile: string | null;
  smtpHost: string | null;
  smtpPort: number;
  smtpTls: (typeof TLS)[number];
  user: string | null;
  passwordFile: string | null;
  from: string | null;
  to: string[];
}

const KINDS = ["webhook", "ntfy", "uptime-kuma", "email"] as const;
const TLS = ["starttls", "tls", "none"] as const;

const oneOf = (words: readonly string[]): string => `one of ${words.map((word) => `"${word}"`).join(", ")}`;

const channelSchema = z.strictObject({
  name: nameSchema.meta({ purpose: "The channel's name.", must: `a name (${NAME_RULE})`, default: null }),
  kind: z.enum(KINDS).meta({ purpose: "What it is.", must: oneOf(KINDS), default: null }),
  min_severity: z
    .enum(ALERT_SEVERITIES)
    .optional()
    .meta({ purpose: "What is less bad is not told.", must: oneOf(ALERT_SEVERITIES), default: '"info"' }),
  url: httpUrl("none", "Its address, for all kinds but e-mail."),
  url_file: path("none", "File with the address instead, where the address itself is a secret."),
  token_file: path("none", "File with the token that it wants."),
  smtp_host: hostName("none", "The mail server that takes the messages."),
  smtp_port: port(1, "587", "Its port."),
  smtp_tls: z
    .enum(TLS)
    .optional()
    .meta({ purpose: "How the connection is secured.", must: oneOf(TLS), default: '"starttls"' }),
  user: text("none: it takes them from anybody", "Whom the mail server knows."),
  password_file: path("none", "File with that user's password."),
  from: mailAddress("none", "The sender's address."),
  to: mailAddresses("[]", "Who gets the messages."),
});

/** `[alerts]` */
export const alertsSchema = z.strictObject({
  waits_for_finalize: trueOrFalse("true", "Tell when a run waits for finalize."),
  paused_minutes: wholeNumber(0, 10_080, "minutes", "30", "Tell when a run was paused for so long, with work left."),
  nothing_starts_minutes: wholeNumber(
    0,
    10_080,
    "minutes",
    "20",
    "Tell when nothing was started for so long, while packages were ready.",
  ),
  drone_lost: trueOrFalse("true", "Tell when a drone does not answer any more."),
  drone_grounded: trueOrFalse("true", "Tell when a drone gets no work because of its own failures or its state."),
  package_failed: trueOrFalse("true", "Tell when a package is blocked because its builds failed."),
  publish_failed: trueOrFalse("true", "Tell when publishing fails; it is tried again."),
  run_failed: trueOrFalse("true", "Tell when a run ends without having done its work."),
  low_disk_gib: gibibytes("5", "Tell when a drone or the binhost has less free disk than this."),
  no_run_days: wholeNumber(0, 3650, "days", "8", "Tell when no run was started for so long."),
  quiet_minutes: wholeNumber(0, 10_080, "minutes", "60", "One alert is told once in so long, if it comes and goes."),
  channel: z.array(channelSchema).optional(),
});

export function resolveAlerts(
  file: z.infer<typeof alertsSchema>,
  pathOrNull: (path: string | undefined) => string | null,
): AlertsConfig {
  return {
    waitsForFinalize: file.waits_for_finalize ?? true,
    pausedMinutes: file.paused_minutes ?? 30,
    nothingStartsMinutes: file.nothing_starts_minutes ?? 20,
    droneLost: file.drone_lost ?? true,
    droneGrounded: file.drone_grounded ?? true,
    packageFailed: file.package_failed ?? true,
    publishFailed: file.publish_failed ?? true,
    runFailed: file.run_failed ?? true,
    lowDiskGib: file.low_disk_gib ?? 5,
    noRunDays: file.no_run_days ?? 8,
    quietMinutes: file.quiet_minutes ?? 60,
    channels: (file.channel ?? []).map((channel) => ({
      name: channel.name,
      kind: channel.kind,
      minSeverity: channel.min_severity ?? "info",
      url: channel.url?.replace(/\/+$/, "") ?? null,
      urlFile: pathOrNull(channel.url_file),
      tokenFile: pathOrNull(channel.token_file),
      smtpHost: channel.smtp_host ?? null,
      smtpPort: channel.smtp_port ?? 587,
      smtpTls: channel.smtp_tls ?? "starttls",
      user: channel.user ?? null,
      passwordFile: pathOrNull(channel.password_file),
      from: channel.from ?? null,
      to: channel.to ?? [],
    })),
  };
}

/** What is wrong with channels whose values are each right. */
export function checkChannels(channels: readonly AlertChannel[]): Problem[] {
  return channels.flatMap((channel, index) => {
    const at = (key: string, text: string): Problem => ({
      path: ["alerts", "channel", index, key],
      otherPath: ["alerts", "channel", index],
      text: `alerts.channel[${index + 1}] (${channel.name}): ${text}`,
    });
    const again = channels.findIndex(({ name }) => name === channel.name) < index;
    return [
      ...(again ? [at("name", "another channel has that name: names must differ")] : []),
      ...(channel.kind === "email" ? emailProblems(channel, at) : webProblems(channel, at)),
    ];
  });
}

type At = (key: string, text: string) => Problem;

function emailProblems({ smtpHost, from, to, user, passwordFile, url, urlFile, tokenFile }: AlertChannel, at: At) {
  const problems: Problem[] = [];
  if (smtpHost === null) problems.push(at("smtp_host", "e-mail needs smtp_host, the mail server"));
  if (from === null) problems.push(at("from", "e-mail needs from, the sender's address"));
  if (to.length === 0) problems.push(at("to", "e-mail needs to, the list of who gets it"));
  if (passwordFile !== null && user === null) problems.push(at("user", "password_file is there, and no user"));
  for (const [key, value] of Object.entries({ url, url_file: urlFile, token_file: tokenFile })) {
    if (value !== null) problems.push(at(key, `${key} means nothing for e-mail`));
  }
  return problems;
}

function webProblems({ kind, url, urlFile, tokenFile, ...mail }: AlertChannel, at: At) {
  const problems: Problem[] = [];
  if ((url === null) === (urlFile === null)) {
    problems.push(at("url", `${kind} needs its address: either url, or url_file where the address is a secret`));
  }
  if (kind === "uptime-kuma" && url !== null && !url.endsWith("/api/push")) {
    problems.push(
      at(
        "url",
        "Uptime Kuma's url ends with /api/push. What comes after that is a secret: put it into token_file, or the whole address into url_file",
      ),
    );
  }
  if (kind === "ntfy" && url !== null && new URL(url).pathname === "/") {
    problems.push(at("url", "the url of ntfy ends with the topic: https://ntfy.example.org/my-swarm"));
  }
  if (kind === "uptime-kuma" && urlFile !== null && tokenFile !== null) {
    problems.push(at("token_file", "the address of url_file has the token already"));
  }
  const { smtpHost: smtp_host, user, passwordFile: password_file, from } = mail;
  for (const [key, value] of Object.entries({ smtp_host, user, password_file, from })) {
    if (value !== null) problems.push(at(key, `${key} means nothing for ${kind}`));
  }
  if (mail.to.length > 0) problems.push(at("to", `to means nothing for ${kind}`));
  return problems;
}
