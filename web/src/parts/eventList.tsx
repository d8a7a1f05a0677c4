import type { RunEvent } from "../../../model/events.ts";
import { clock, timestamp } from "../../../model/words.ts";
import { packageHref } from "../state/router.ts";
import { Empty } from "./common.tsx";

/** What happened, one line each. */
export function EventList({ events, isFiltered = false }: { events: readonly RunEvent[]; isFiltered?: boolean }) {
  if (events.length === 0) return <Empty>{isFiltered ? "No event is like that." : "Nothing has happened yet."}</Empty>;
  return (
    <ol class="events">
      {events.map(({ id, at, kind, cpv, text, by }) => (
        <li key={id} class={kind}>
          <time dateTime={new Date(at).toISOString()} title={timestamp(at)}>
            {clock(at)}
          </time>
          <span class="kind">{kind}</span>
          <span class="text">
            <Linked text={text} cpv={cpv} />
            {by && !text.includes(by) && <span class="muted"> by {by}</span>}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** The sentence, its package leading to that one's page. */
function Linked({ text, cpv }: { text: string; cpv: string | undefined }) {
  const at = cpv === undefined ? -1 : text.indexOf(cpv);
  if (cpv === undefined || at === -1) return <>{text}</>;
  return (
    <>
      {text.slice(0, at)}
      <a href={packageHref(cpv)}>{cpv}</a>
      {text.slice(at + cpv.length)}
    </>
  );
}
