import type {
  Alert,
  AlertSeverity,
  AlertsView,
  Notice,
  Observation,
  ObserveRequest,
  Seen,
} from "../../model/alerts.ts";
import { ChannelState, type SavedChannel, worstFirst } from "./alertChannel.ts";
import { judge } from "./alertRules.ts";

/** Alerts that are over are kept for people to look at. */
const MAX_RECENT = 100;
/** Of those that last, for channels that hear regularly how things are. */
const MAX_TOLD = 50;

/** A message on its way. */
export interface Sending {
  channel: string;
  notice: Notice;
}

/** The state as it travels to the next run of the workflow. */
export interface SavedAlerts {
  /** First part of each message's id: of a workflow that was started anew they must differ. */
  instance: string;
  sequence: number;
  watchedSince: number;
  lastRunAt: number | null;
  observation: Observation | null;
  active: Alert[];
  recent: Alert[];
  channels: SavedChannel[];
}

const seenOf = ({ at, drones, disks, runs }: Observation): Seen => ({ at, drones, disks, runs });

/** The alerts of a swarm, as a state machine without Temporal. Times are ms since the epoch and come from outside. */
export class AlertsState {
  readonly #saved: Omit<SavedAlerts, "channels">;
  #channels: ChannelState[];
  #until: number | null = null;

  constructor(saved: SavedAlerts | { instance: string; now: number }) {
    const fresh = { sequence: 0, lastRunAt: null, observation: null, active: [], recent: [] };
    const { channels, ...rest } =
      "now" in saved ? { instance: saved.instance, watchedSince: saved.now, ...fresh, channels: [] } : saved;
    this.#saved = rest;
    this.#channels = channels.map((channel) => new ChannelState(channel));
  }

  save(): SavedAlerts {
    const { observation } = this.#saved;
    // Without its digest the next one comes at once: it says when to look again.
    const undated = observation && { ...observation, digest: "" };
    return { ...this.#saved, observation: undated, channels: this.#channels.map(({ saved }) => saved) };
  }

  /** What to ask of the swarm next. */
  request(): ObserveRequest {
    const { observation, active } = this.#saved;
    return {
      digest: observation?.digest ?? null,
      until: this.#until,
      starts: observation?.starts ?? {},
      ...(observation && { seen: seenOf(observation) }),
      active: [...active]
        .sort(worstFirst)
        .slice(0, MAX_TOLD)
        .map(({ severity, title }) => ({ severity, title })),
    };
  }

  /** Takes what was observed: alerts begin and end. */
  observe(observation: Observation): void {
    const saved = this.#saved;
    const { at, lastRunAt, channels } = observation;
    saved.observation = observation;
    if (lastRunAt !== null) saved.lastRunAt = Math.max(saved.lastRunAt ?? 0, lastRunAt);
    const { watchedSince, active: before } = saved;
    const { conditions, until } = judge(observation, { watchedSince, lastRunAt: saved.lastRunAt, before });
    this.#until = until;
    const current = new Map(conditions.map((each) => [each.key, each]));
    const known = new Set(before.map(({ key }) => key));
    const over = before.filter(({ key }) => !current.has(key)).map((alert) => ({ ...alert, endedAt: at }));
    const begun = conditions
      .filter(({ key }) => !known.has(key))
      .map(({ key, rule, subject, severity, title, text, command }) => ({
        ...{ key, rule, subject, severity, title, text, command, since: at, endedAt: null },
      }));
    const lasting = before.flatMap((alert) => {
      const { text, command } = current.get(alert.key) ?? {};
      return text === undefined || command === undefined ? [] : [{ ...alert, text, command }];
    });
    saved.active = [...begun, ...lasting];
    saved.recent = [...over, ...saved.recent].slice(0, MAX_RECENT);
    this.#channels = channels.map(({ name, minSeverity }) => {
      const channel = this.#channel(name) ?? new ChannelState({ name, minSeverity });
      channel.saved.minSeverity = minSeverity;
      channel.tidy(this.#quiet, at);
      return channel;
    });
  }

  /** Messages that are on their way, e.g. since the workflow's last run. */
  pending(): Sending[] {
    return this.#channels.flatMap(({ saved: { name, pending } }) =>
      pending ? [{ channel: name, notice: pending }] : [],
    );
  }

  /** What is to be sent now; it is on its way then. */
  take(now: number): Sending[] {
    return this.#channels.flatMap((channel) => {
      const notice = channel.take(this.#saved, this.#quiet, now, () => this.#id(channel.saved.name));
      return notice ? [{ channel: channel.saved.name, notice }] : [];
    });
  }

  /** When there may be something to send, if nothing happens until then; null: never. */
  wakeAt(now: number): number | null {
    const times = this.#channels.flatMap((channel) => channel.next(this.#saved, this.#quiet, now)?.at ?? []);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** A message has arrived. @param problem why not everybody got it. */
  sent({ channel, notice }: Sending, now: number, problem: string | null = null): void {
    const state = this.#channel(channel);
    if (state?.saved.pending?.id === notice.id) state.sent(now, problem);
  }

  /** A message was given up. */
  failed({ channel, notice }: Sending, text: string, now: number): void {
    const state = this.#channel(channel);
    if (state?.saved.pending?.id === notice.id) state.failed(text, now);
  }

  /** Whether a message is still wanted: its channel may have gone from the configuration. */
  isPending({ channel, notice }: Sending): boolean {
    return this.#channel(channel)?.saved.pending?.id === notice.id;
  }

  /** A message that says that messages arrive. */
  testNotice(channel: string, by: string, now: number): Notice {
    const severity: AlertSeverity = "info";
    const title = "test of an alert channel";
    const text = `${by} tried the channel ${channel}. Alerts reach you this way.`;
    // To a monitor that knows but up and down, a message of nothing would be a recovery.
    const others = this.#channel(channel)?.others(this.#saved) ?? [];
    return { id: this.#id(channel), at: now, kind: "test", severity, title, text, alerts: [], others };
  }

  /** Names of the channels; none before the first observation. */
  channels(): string[] {
    return this.#channels.map(({ saved }) => saved.name);
  }

  view(): AlertsView {
    const { active, recent } = this.#saved;
    return {
      active,
      recent,
      channels: this.#channels.map(({ saved: { name, minSeverity, lastSuccess, lastError } }) => ({
        ...{ name, minSeverity, lastSuccess, lastError },
      })),
    };
  }

  get #quiet(): number {
    return (this.#saved.observation?.rules.quietMinutes ?? 0) * 60_000;
  }

  #channel(name: string): ChannelState | undefined {
    return this.#channels.find(({ saved }) => saved.name === name);
  }

  #id(channel: string): string {
    this.#saved.sequence++;
    return `${this.#saved.instance}-${channel}-${this.#saved.sequence}`;
  }
}
