import { etaWords, PACKAGE_MARKS } from "../../../model/marks.ts";
import type { RunView } from "../../../model/run.ts";
import { clock, count } from "../../../model/words.ts";
import { doneAbout } from "../lib/doneAbout.ts";
import { now } from "../state/clock.ts";
import { link, state } from "../state/live.ts";
import { href } from "../state/router.ts";
import { Card, Empty } from "./common.tsx";
import { RunActions } from "./runActions.tsx";
import { STATE_ORDER } from "./words.ts";

/** How far a run is, and what can be done with it. */
export function Progress({ view }: { view: RunView }) {
  const { counts } = view;
  const all = STATE_ORDER.reduce((sum, name) => sum + counts[name], 0);
  const at = state.value?.reading.at ?? now.value;
  const isOld = link.value.status === "lost" || state.value?.stale != null;
  // What nobody can say now does not come nearer.
  const eta = etaWords(view, isOld ? 0 : now.value - at);
  const isPaused = view.paused !== null;
  return (
    <Card title="Progress" aside={<RunActions view={view} />}>
      {all === 0 ? (
        <Empty>How much there is to build is known when the plan is made.</Empty>
      ) : (
        <>
          <p class="headline">
            <strong>{Math.floor((100 * counts.received) / all)} %</strong> {counts.received} of {count(all, "package")}
            {eta !== null && !isPaused && (
              <span class="eta">
                {eta} left, {isOld ? `as it was at ${clock(state.value?.at ?? at)}` : doneAbout(view, at)}
              </span>
            )}
          </p>
          <div
            class="stack"
            role="progressbar"
            aria-label="Packages built"
            aria-valuemin={0}
            aria-valuemax={all}
            aria-valuenow={counts.received}
            aria-valuetext={`${counts.received} of ${count(all, "package")}`}
          >
            {STATE_ORDER.map((name) => (
              <span key={name} class={`part ${name}`} style={{ flexGrow: counts[name] }} hidden={counts[name] === 0} />
            ))}
          </div>
          <ul class="legend">
            {STATE_ORDER.map((name) => (
              <li key={name}>
                <a href={href("packages", [], { state: name })}>
                  <span class={`swatch ${name}`} aria-hidden="true" />
                  <strong>{counts[name]}</strong> {PACKAGE_MARKS[name].word}
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}
