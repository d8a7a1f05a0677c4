import type { AlertSeverity, AlertsView, ChannelAnswer, ChannelView } from "../../model/alerts.ts";
import { duration, timestamp } from "../../model/words.ts";
import type { Paint, Style } from "../paint.ts";
import { table } from "../text.ts";
import { tick, title } from "./parts.ts";

/** Of those that are over. */
const SHOWN = 10;

const STYLES: Record<AlertSeverity, Style> = { info: "name", warning: "warn", critical: "bad" };

/** `swarm alerts` */
export function alertsScreen({ active, recent, channels }: AlertsView, at: number, paint: Paint): string[] {
  const lasting = active.flatMap(({ severity, title: what, text, command, since }) => [
    `${paint(STYLES[severity], severity.padEnd(8))}  ${what}   ${paint("faint", `since ${timestamp(since)}, ${duration(at - since)}`)}`,
    ...text.split("\n").map((line) => `          ${line}`),
    ...(command === null ? [] : [`          → Run: ${command}`]),
  ]);
  const over = recent.slice(0, SHOWN).map(({ since, endedAt, title: what, severity }) => {
    return [timestamp(since), duration((endedAt ?? at) - since), severity, what];
  });
  return [
    title("ALERTS", paint),
    ...(lasting.length > 0 ? lasting : [paint("good", "✓ Nothing is wrong.")]),
    "",
    title("CHANNELS", paint),
    ...(channels.length > 0 ? channels.map((channel) => channelLine(channel, paint)) : ["Not known yet."]),
    ...(over.length === 0 ? [] : ["", title("OVER", paint)]),
    ...(over.length === 0
      ? []
      : table(
          [{ title: "SINCE" }, { title: "LASTED", align: "right" }, { title: "SEVERITY" }, { title: "ALERT" }],
          over,
        )),
  ];
}

function channelLine({ name, minSeverity, lastSuccess, lastError }: ChannelView, paint: Paint): string {
  const isBad = lastError !== null && (lastError.at ?? Number.POSITIVE_INFINITY) >= (lastSuccess ?? 0);
  const what = minSeverity === "info" ? "" : ` (${minSeverity} and worse)`;
  const sent = lastSuccess === null ? "nothing was sent yet" : `last message ${timestamp(lastSuccess)}`;
  const trouble = isBad ? `; ${lastError.at === null ? "tried again" : "given up"}: ${lastError.text}` : "";
  return `${tick(!isBad, paint)} ${name}${what}: ${sent}${trouble}`;
}

/** `swarm alerts test` */
export function testScreen(answers: readonly ChannelAnswer[], paint: Paint): string[] {
  return answers.map(({ channel, ok, answer }) => `${tick(ok, paint)} ${channel}: ${answer}`);
}
