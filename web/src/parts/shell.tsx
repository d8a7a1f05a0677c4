import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { clock, duration } from "../../../model/words.ts";
import { announce, announcement } from "../state/announcer.ts";
import { now } from "../state/clock.ts";
import { chooseTarget, chosenTarget, heardAt, link, reconnect, run, state, target } from "../state/live.ts";
import { href, route, type ViewName } from "../state/router.ts";
import { isLoggingIn, logOut, mustLogIn, role, token } from "../state/session.ts";
import { THEMES, theme } from "../state/theme.ts";
import { VIEW_PARTS } from "../views/index.ts";
import { sentence } from "../wire/request.ts";
import { Outcome } from "./actions.tsx";
import { LoginDialog, LoginForm } from "./login.tsx";

const MENU: [view: ViewName, word: string][] = [
  ["overview", "Overview"],
  ["drones", "Drones"],
  ["timeline", "Timeline"],
  ["graph", "Graph"],
  ["packages", "Packages"],
  ["logs", "Logs"],
  ["snapshots", "Snapshots"],
  ["schedules", "Schedules"],
  ["history", "History"],
  ["events", "Events"],
];

/** Header, menu, the view of the route, and what the page says of itself. */
export function Shell() {
  const main = useRef<HTMLElement>(null);
  const { view, path } = route.value;
  const place = [view, ...path].join("/");
  const before = useRef(place);
  // Before a view goes on to a part of itself.
  useLayoutEffect(() => {
    const word = MENU.find(([name]) => name === view)?.[1] ?? path.join("/");
    document.title = `${word} · Build Swarm`;
    if (before.current === place) return;
    before.current = place;
    document.querySelector(".menu [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
    // A screen reader begins with what has changed.
    main.current?.querySelector<HTMLElement>("h1")?.focus();
    scrollTo(0, 0);
  }, [place, view, path]);
  const View = VIEW_PARTS[view];
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Header />
      <Menu view={view} />
      <main id="main" ref={main} tabIndex={-1}>
        <Standing />
        <Outcome />
        {mustLogIn.value ? <Locked /> : <View key={place} />}
      </main>
      <p class="visually-hidden" role="status" aria-live="polite">
        <span key={announcement.value.number}>{announcement.value.text}</span>
      </p>
      <LoginDialog />
    </>
  );
}

function Header() {
  const name = state.value?.gateway.name;
  return (
    <header class="top">
      <a class="brand" href={href("overview")}>
        <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
          <path d="M10 2l7 4v8l-7 4-7-4V6z" />
          <path d="M24 8l6 3.500v7L24 22l-6-3.500v-7z" opacity=".65" />
          <path d="M14 19l6 3.500v6L14 32l-6-3.500v-6z" opacity=".4" />
        </svg>
        Build Swarm{name ? <span class="muted"> {name}</span> : null}
      </a>
      <div class="tools">
        <TargetChooser />
        <Connection />
        <label class="theme">
          <span class="visually-hidden">Colours</span>
          <select
            value={theme.value}
            onChange={(event) => {
              theme.value = THEMES.find((one) => one === event.currentTarget.value) ?? "system";
            }}
          >
            <option value="system">System</option>
            <option value="light">Light</option>
            <option value="dark">Dark</option>
          </select>
        </label>
        {token.value === null ? (
          <button
            type="button"
            onClick={() => {
              isLoggingIn.value = true;
            }}
          >
            Log in
          </button>
        ) : (
          <button type="button" onClick={logOut} title={role.value ? `Logged in as ${role.value}` : undefined}>
            Log out
          </button>
        )}
      </div>
    </header>
  );
}

function TargetChooser() {
  const targets = state.value?.reading.targets ?? [];
  if (targets.length < 2) return null;
  return (
    <label>
      <span class="visually-hidden">Target</span>
      <select value={target.value ?? ""} onChange={(event) => chooseTarget(event.currentTarget.value)}>
        {[...new Set([...targets, ...(chosenTarget.value ? [chosenTarget.value] : [])])].map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** What those are told who do not see how the connection is. */
const STANDING_WORDS = {
  Offline: "Offline: what is shown may be old.",
  Stale: "The engine does not answer: what is shown may be old.",
  Live: "What is shown is live again.",
};

function Connection() {
  const { status } = link.value;
  const isOld = state.value?.stale != null;
  const [tone, word]: readonly [string, keyof typeof STANDING_WORDS | "Connecting"] =
    status === "lost"
      ? ["bad", "Offline"]
      : status === "connecting"
        ? ["warn", "Connecting"]
        : isOld
          ? ["warn", "Stale"]
          : ["good", "Live"];
  const told = useRef<string>(word);
  useEffect(() => {
    // That it tries is told by what comes of it.
    if (word === "Connecting" || word === told.current) return;
    told.current = word;
    announce(STANDING_WORDS[word]);
  }, [word]);
  return (
    <span class={`connection ${tone}`}>
      <span class="dot" aria-hidden="true" />
      {word}
    </span>
  );
}

function Menu({ view }: { view: ViewName }) {
  const shown = view === "package" ? "packages" : view;
  const failed = run.value?.counts.failed ?? 0;
  return (
    <nav aria-label="Views" class="menu">
      <ul>
        {MENU.map(([name, word]) => (
          <li key={name}>
            <a href={href(name)} aria-current={name === shown ? "page" : undefined}>
              {word}
              {name === "packages" && failed > 0 && (
                <span class="count">
                  {failed}
                  <span class="visually-hidden"> failed</span>
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Says why what is shown may be old, and how old it is. */
function Standing() {
  const { status, reason, nextTryAt } = link.value;
  const last = state.value;
  if (mustLogIn.value) return null;
  if (status === "lost") {
    const wait = nextTryAt === null ? null : Math.max(0, nextTryAt - now.value);
    return (
      <div class="standing bad">
        <p>
          <strong>{reason}</strong>{" "}
          {last && `You see the state of ${clock(heardAt.value)}, ${duration(now.value - heardAt.value)} ago. `}
          Builds go on.{wait !== null && ` Trying again ${wait < 1000 ? "now" : `in ${duration(wait)}`}.`}
        </p>
        <button type="button" onClick={reconnect}>
          Try now
        </button>
      </div>
    );
  }
  if (last?.stale != null) {
    return (
      <div class="standing warn">
        <p>
          <strong>{sentence(last.stale)}</strong> You see the state of {clock(last.at)}, {duration(now.value - last.at)}{" "}
          ago. What runs on drones goes on. This page recovers by itself.
        </p>
      </div>
    );
  }
  return null;
}

function Locked() {
  return (
    <section class="card narrow">
      <h1 tabIndex={-1}>Log in</h1>
      <p>This swarm shows nothing without a token.</p>
      <LoginForm />
    </section>
  );
}
