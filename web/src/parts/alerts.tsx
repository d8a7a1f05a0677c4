import type { Alert, ChannelView } from "../../../model/alerts.ts";
import { state } from "../state/live.ts";
import { type Resource, useResource } from "../state/resource.ts";
import { address, get } from "../wire/request.ts";
import { ALERTS_WORKFLOW } from "../wire/workflows.ts";
import { ActionButton, attempt } from "./actions.tsx";
import { Ago, Card, Chip, Empty, EngineLink, Problem } from "./common.tsx";
import { testAlerts } from "./operate.ts";

/** What is wrong, and what was lately; who is told of it. */
export function Alerts() {
  const version = `${state.value?.alerts}`;
  const channels = useResource(
    "channels",
    (signal) => get<ChannelView[]>(address(["alerts", "channels"]), signal),
    version,
  );
  return (
    <>
      <Active isWatched={channels.data && channels.data.length > 0} version={version} />
      <Channels {...channels} />
    </>
  );
}

/** `isWatched` null: that is not known. Where nobody watches there is no alert, whatever is wrong. */
function Active({ isWatched, version }: { isWatched: boolean | null; version: string }) {
  const { data, error, reload } = useResource("alerts", (signal) => get<Alert[]>(address(["alerts"]), signal), version);
  return (
    <Card title="Alerts" aside={<EngineLink workflow={ALERTS_WORKFLOW} what="The watch for alerts" />}>
      {error !== null && <Problem text={error} onRetry={reload} />}
      {data?.length === 0 && isWatched && <Empty>Nothing to worry about.</Empty>}
      {isWatched === false && (
        <Empty>
          Nobody watches for alerts: no channel is configured. Give the orchestrators one ([[alerts.channel]] in
          swarm.toml; <code>swarm config sample</code> shows how) and restart them.
        </Empty>
      )}
      {data && data.length > 0 && (
        <ul class="rows">
          {data.map(({ key, severity, title, text, command, since, endedAt }) => (
            <li key={`${key} ${since}`}>
              {endedAt === null ? (
                <Chip tone={severity === "critical" ? "bad" : "warn"} sign="!">
                  {severity}
                </Chip>
              ) : (
                <Chip tone="good" sign="✓">
                  over
                </Chip>
              )}
              <strong>{title}</strong>
              <span>{text}</span>
              {command !== null && endedAt === null && <code class="command">{command}</code>}
              <span class="muted">
                <Ago at={since} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

/** Who is told of alerts, and whether that works. */
function Channels({ data, error, reload }: Resource<ChannelView[]>) {
  const test = async () => {
    await attempt(testAlerts);
    reload();
  };
  return (
    <Card
      title="Who is told"
      aside={
        data &&
        data.length > 0 && (
          <div class="buttons">
            <ActionButton onAct={test}>Send a test message</ActionButton>
          </div>
        )
      }
    >
      {error !== null && <Problem text={error} onRetry={reload} />}
      {data?.length === 0 && <Empty>Nobody: no channel is configured.</Empty>}
      {data && data.length > 0 && (
        <ul class="rows">
          {data.map((channel) => (
            <Channel key={channel.name} channel={channel} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Channel({ channel: { name, minSeverity, lastSuccess, lastError } }: { channel: ChannelView }) {
  const isBad = lastError !== null && (lastError.at ?? Number.POSITIVE_INFINITY) >= (lastSuccess ?? 0);
  return (
    <li>
      <Chip tone={isBad ? "bad" : "good"} sign={isBad ? "✗" : "✓"}>
        {isBad ? "fails" : "well"}
      </Chip>
      <strong>{name}</strong>
      {minSeverity !== "info" && <span>{minSeverity} and worse</span>}
      {isBad && (
        <span class="bad-text">
          {lastError.at === null ? "tried again" : "given up"}: {lastError.text}
        </span>
      )}
      <span class="muted">
        {lastSuccess === null ? (
          "nothing was sent yet"
        ) : (
          <>
            last message <Ago at={lastSuccess} />
          </>
        )}
      </span>
    </li>
  );
}
