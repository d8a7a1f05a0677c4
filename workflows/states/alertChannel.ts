import { ALERT_SEVERITIES, type Alert, type AlertSeverity, isAtLeast, type Notice } from "../../model/alerts.ts";
import { count, duration } from "../../model/words.ts";

/** More messages than this in the window, and the rest is gathered into a summary. */
const SINGLES = 3;
const WINDOW_MS = 5 * 60_000;
/** After a message that could not be sent in a day, so long until what is true then is tried. */
const AFTER_FAILURE_MS = 5 * 60_000;
/** Of those that a message lists. */
const MAX_LISTED = 20;

/** What was said of one alert last. */
interface Said {
  alert: Alert;
  lasts: boolean;
  /** When it was last told that it began. ms since the epoch */
  firedAt: number;
}

/** A channel's state as it travels to the next run of the workflow. */
export interface SavedChannel {
  name: string;
  minSeverity: AlertSeverity;
  said: Said[];
  /** Times of the messages in the window. */
  sentAt: number[];
  /** On its way. */
  pending: Notice | null;
  notBefore: number;
  lastSuccess: number | null;
  lastError: { at: number; text: string } | null;
}

/** What is wrong, and what was. */
export interface Known {
  active: readonly Alert[];
  /** The newest first. */
  recent: readonly Alert[];
}

/**
 * What one channel was told, as opposed to what is true: the difference is what it is to be told next. One message is on its
 * way at a time, so that they arrive in order, and whatever happens while a channel is away is told once it is back.
 */
export class ChannelState {
  readonly saved: SavedChannel;

  constructor(saved: SavedChannel | { name: string; minSeverity: AlertSeverity }) {
    const fresh = { said: [], sentAt: [], pending: null, notBefore: 0, lastSuccess: null, lastError: null };
    this.saved = { ...fresh, ...saved };
  }

  /** What is to be said, and when; null: nothing. @param quiet ms in which one alert is told once. */
  next(known: Known, quiet: number, now: number): { alerts: Alert[]; at: number } | null {
    const { said, minSeverity, pending, notBefore, sentAt } = this.saved;
    if (pending) return null;
    const begun = known.active.flatMap((alert) => {
      if (!isAtLeast(alert.severity, minSeverity)) return [];
      const before = said.find(({ alert: { key } }) => key === alert.key);
      return before?.lasts ? [] : [{ alert, at: before ? before.firedAt + quiet : now }];
    });
    const lasting = new Set(known.active.map(({ key }) => key));
    const over = said.flatMap(({ alert, lasts }) => {
      if (!lasts || lasting.has(alert.key)) return [];
      const ended = known.recent.find(({ key }) => key === alert.key) ?? { ...alert, endedAt: now };
      return [{ alert: ended, at: now }];
    });
    const all = [...begun, ...over];
    const due = all.filter(({ at }) => at <= now).map(({ alert }) => alert);
    if (due.length === 0) {
      return all.length === 0 ? null : { alerts: [], at: Math.min(...all.map(({ at }) => at)) };
    }
    const [oldest = 0, ...others] = sentAt.filter((at) => at > now - WINDOW_MS);
    const isFull = others.length + 1 >= SINGLES && oldest > 0;
    const isUrgent = due.some(({ severity, endedAt }) => severity === "critical" && endedAt === null);
    const at = Math.max(now, notBefore, isFull && !isUrgent ? oldest + WINDOW_MS : 0);
    return { alerts: due.sort(worstFirst), at };
  }

  /** Puts the next message on its way, if it is time. */
  take(known: Known, quiet: number, now: number, id: () => string): Notice | null {
    const next = this.next(known, quiet, now);
    if (next === null || next.at > now || next.alerts.length === 0) return null;
    const [first] = next.alerts;
    const inWindow = this.saved.sentAt.filter((at) => at > now - WINDOW_MS).length;
    const isSingle = first !== undefined && (next.alerts.length === 1 || next.alerts.length <= SINGLES - inWindow);
    const alerts = isSingle ? [first] : next.alerts;
    const notice = { id: id(), at: now, ...wordsOf(alerts), alerts, others: this.others(known, alerts) };
    this.saved.pending = notice;
    return notice;
  }

  /** Titles of what lasts and is for this channel, beside what a message is about. */
  others({ active }: Pick<Known, "active">, about: readonly Alert[] = []): string[] {
    const told = new Set(about.map(({ key }) => key));
    return active
      .filter(({ key, severity }) => !told.has(key) && isAtLeast(severity, this.saved.minSeverity))
      .slice(0, MAX_LISTED)
      .map(({ title }) => title);
  }

  /** The message has arrived. @param problem why not everybody got it. */
  sent(now: number, problem: string | null = null): void {
    const { saved } = this;
    for (const alert of saved.pending?.alerts ?? []) {
      const before = saved.said.find(({ alert: { key } }) => key === alert.key);
      const lasts = alert.endedAt === null;
      saved.said = saved.said.filter((each) => each !== before);
      saved.said.push({ alert, lasts, firedAt: lasts ? now : (before?.firedAt ?? now) });
    }
    saved.sentAt = [...saved.sentAt.filter((at) => at > now - WINDOW_MS), now];
    saved.pending = null;
    saved.lastSuccess = now;
    if (problem !== null) saved.lastError = { at: now, text: problem };
  }

  /** The message was given up. What it said is still to be said. */
  failed(text: string, now: number): void {
    this.saved.pending = null;
    this.saved.notBefore = now + AFTER_FAILURE_MS;
    this.saved.lastError = { at: now, text };
  }

  /** Forgets what was told of alerts that are long over. */
  tidy(quiet: number, now: number): void {
    this.saved.said = this.saved.said.filter(({ lasts, firedAt }) => lasts || firedAt + quiet > now);
  }
}

/** The worst first, then the oldest. */
export function worstFirst(a: Alert, b: Alert): number {
  const badness = ({ severity, endedAt }: Alert): number =>
    endedAt === null ? ALERT_SEVERITIES.indexOf(severity) : -1;
  return badness(b) - badness(a) || a.since - b.since;
}

function wordsOf(alerts: readonly Alert[]): Pick<Notice, "kind" | "severity" | "title" | "text"> {
  const severity = alerts[0]?.severity ?? "info";
  const [only, ...others] = alerts;
  if (only && others.length === 0) {
    const { title, text, since, endedAt } = only;
    return endedAt === null
      ? { kind: "fired", severity, title, text }
      : { kind: "recovered", severity, title: `over: ${title}`, text: `It lasted ${duration(endedAt - since)}.` };
  }
  const over = alerts.filter(({ endedAt }) => endedAt !== null);
  const parts = [
    alerts.length > over.length ? count(alerts.length - over.length, "alert") : "",
    over.length > 0 ? `${over.length} over` : "",
  ];
  const lines = alerts
    .slice(0, MAX_LISTED)
    .map(({ title, text, endedAt }) => (endedAt === null ? `- ${title}: ${text}` : `- over: ${title}`));
  if (alerts.length > MAX_LISTED) lines.push(`- and ${alerts.length - MAX_LISTED} more: swarm alerts`);
  return { kind: "summary", severity, title: parts.filter(Boolean).join(", "), text: lines.join("\n") };
}
