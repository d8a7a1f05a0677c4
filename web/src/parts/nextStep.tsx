import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { NextAction } from "../../../model/reading.ts";
import { chooseTarget, run, state } from "../state/live.ts";
import { href } from "../state/router.ts";
import { ActionButton, attempt, Confirm, WhyOff } from "./actions.tsx";
import { FinalizeDialog } from "./finalize.tsx";
import { type RunRef, resumeDrone, resumeRun, startRun, unblock } from "./operate.ts";

/** What an operator should do now, with a button for it where the page can do it. */
export function NextStep({ action }: { action: NextAction }) {
  const [first, ...more] = action.situation;
  const isCalm = action.verb === "Watch";
  const [publishing, setPublishing] = useState<RunRef | null>(null);
  const current = run.value;
  return (
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
          <Command text={action.command} current={current} onPublish={setPublishing} primary />
        </div>
      )}
      {action.otherwise.length > 0 && (
        <ul class="plain otherwise">
          {action.otherwise.map((line) => {
            const [command = "", effect] = line.split(/\s+#\s+/);
            return (
              <li key={line}>
                <Command text={command} current={current} onPublish={setPublishing} />{" "}
                {effect && <span class="muted">{effect}</span>}
              </li>
            );
          })}
        </ul>
      )}
      {publishing && <FinalizeDialog meant={publishing} onClose={() => setPublishing(null)} />}
      {!isCalm && state.value?.stale === null && <WhyOff />}
    </section>
  );
}

interface CommandProps {
  text: string;
  /** The run that it is about. */
  current: RunRef | null;
  onPublish(meant: RunRef): void;
  primary?: boolean;
}

/** A command of `swarm` as a button or link that does the same; else as text for a shell. */
function Command({ text, current, onPublish, primary = false }: CommandProps) {
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
  if (verb === "run-update" && !words.includes("--skip-unresolvable")) {
    const name = words[words.indexOf("--target") + 1];
    return <StartRun primary={primary} target={words.includes("--target") && name ? name : null} />;
  }
  const place =
    verb === "drones"
      ? href("drones")
      : (verb === "logs" || verb === "why") && object?.includes("/")
        ? href("package", object.split("/"), verb === "logs" ? { log: "last" } : {})
        : null;
  if (place === null) return <code class="command">{text}</code>;
  const label =
    verb === "drones" ? "Look at the drones" : verb === "logs" ? `Read the log of ${object}` : `Look at ${object}`;
  return (
    <a class={primary ? "button primary" : "button"} href={place}>
      {label}
    </a>
  );
}

function StartRun({ primary, target }: { primary: boolean; target: string | null }) {
  const [asked, setAsked] = useState<{ target: string | null } | null>(null);
  return (
    <>
      <ActionButton primary={primary} onAct={() => setAsked({ target })}>
        Start an update…
      </ActionButton>
      {asked && (
        <Confirm
          title="Start an update?"
          verb="Start"
          act={async () => {
            const text = await startRun(asked.target);
            if (asked.target !== null) chooseTarget(asked.target);
            return text;
          }}
          onClose={() => setAsked(null)}
        >
          <p>
            The drones sync their trees, what has changed{asked.target === null ? "" : ` for ${asked.target}`} is
            resolved, and all that is needed is built. Nothing is published before you finalize.
          </p>
        </Confirm>
      )}
    </>
  );
}
