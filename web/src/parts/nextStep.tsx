import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { NextAction } from "../../../model/reading.ts";
import { isOnlyPlan } from "../../../model/run.ts";
import { run, state } from "../state/live.ts";
import { href } from "../state/router.ts";
import { ActionButton, attempt, WhyOff } from "./actions.tsx";
import { FinalizeDialog } from "./finalize.tsx";
import { ForecastCard } from "./forecast.tsx";
import { type RunRef, resumeDrone, resumeRun, unblock } from "./operate.ts";
import { type Start, StartDialog } from "./startRun.tsx";

/** What an operator should do now, with a button for it where the page can do it. */
export function NextStep({ action }: { action: NextAction }) {
  const [first, ...more] = action.situation;
  const isCalm = action.verb === "Watch";
  const [publishing, setPublishing] = useState<RunRef | null>(null);
  const [starting, setStarting] = useState<Start | null>(null);
  const current = run.value;
  const does = { onPublish: setPublishing, onStart: setStarting };
  return (
    <>
      <section class={`card next ${isCalm ? "calm" : ""}`} aria-labelledby="next-step">
        <h2 id="next-step">Next action</h2>
        <p class="situation">{first}</p>
        {more.length > 0 && (
          <ul class="plain">
            {more.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        )}
        {action.command !== null && !isCalm && (
          <div class="buttons start">
            <Command text={action.command} current={current} {...does} primary />
          </div>
        )}
        {action.otherwise.length > 0 && (
          <ul class="plain otherwise">
            {action.otherwise.map((line) => {
              const [command = "", effect] = line.split(/\s+#\s+/);
              return (
                <li key={line}>
                  <Command text={command} effect={effect} current={current} {...does} />
                </li>
              );
            })}
          </ul>
        )}
        {publishing && <FinalizeDialog meant={publishing} onClose={() => setPublishing(null)} />}
        {starting && <StartDialog start={starting} onClose={() => setStarting(null)} />}
        {!isCalm && state.value?.stale === null && <WhyOff />}
      </section>
      {current && isOnlyPlan(current) && <ForecastCard meant={current} />}
    </>
  );
}

interface CommandProps {
  text: string;
  /** What it does, where its own words alone are shown. */
  effect?: string | undefined;
  /** The run that it is about. */
  current: RunRef | null;
  onPublish(meant: RunRef): void;
  onStart(start: Start): void;
  primary?: boolean;
}

/** A command of `swarm` as a button or link that does the same; else as text for a shell. */
function Command({ text, effect, current, onPublish, onStart, primary = false }: CommandProps) {
  const words = text.trim().split(/\s+/).slice(1);
  const verb = words[0];
  const object = words[1]?.startsWith("--") ? undefined : words[1];
  const button = (label: string, act: () => unknown): ComponentChildren => (
    <ActionButton primary={primary} onAct={act}>
      {label}
    </ActionButton>
  );
  if (verb === "finalize" && current) {
    const label = words.includes("--accept-failed") ? "Finalize without them…" : "Finalize…";
    return button(label, () => onPublish({ target: current.target, run: current.run }));
  }
  if (verb === "resume" && current) return button("Resume the run", () => attempt(() => resumeRun(current)));
  if (verb === "unblock" && current) {
    return button(object ? `Try ${object} again` : "Try the failed ones again", () =>
      attempt(() => unblock(current, object ? [object] : [])),
    );
  }
  if (verb === "drone" && object === "resume" && words[2]) {
    const name = words[2];
    return button(`Resume ${name}`, () => attempt(() => resumeDrone(name)));
  }
  if (verb === "run-update") {
    const target = words.includes("--target") ? (words[words.indexOf("--target") + 1] ?? null) : null;
    const skipUnresolvable = words.includes("--skip-unresolvable");
    const label = skipUnresolvable ? "Update what does resolve…" : "Start an update…";
    return button(label, () => onStart({ target, atoms: atomsOf(text), skipUnresolvable, after: null }));
  }
  if (verb === "fresh" && current) {
    return button("Start over…", () =>
      onStart({ target: current.target, atoms: "@world", skipUnresolvable: false, after: current }),
    );
  }
  const place =
    verb === "drones"
      ? href("drones")
      : (verb === "logs" || verb === "why") && object?.includes("/")
        ? href("package", object.split("/"), verb === "logs" ? { log: "last" } : {})
        : null;
  if (place === null) {
    return (
      <>
        <code class="command">{text}</code> {effect && <span class="muted">{effect}</span>}
      </>
    );
  }
  const label =
    verb === "drones" ? "Look at the drones" : verb === "logs" ? `Read the log of ${object}` : `Look at ${object}`;
  return (
    <a class={primary ? "button primary" : "button"} href={place}>
      {label}
    </a>
  );
}

/** What a command orders, without the quotes that a shell needs. */
function atomsOf(command: string): string {
  return /--packages (\S+)/.exec(command)?.[1]?.replaceAll(/^'|'$/g, "") ?? "@world";
}
