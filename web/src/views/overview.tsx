import { STEP_WORDS } from "../../../model/marks.ts";
import { queuedWords } from "../../../model/orders.ts";
import type { Reading } from "../../../model/reading.ts";
import type { RunView } from "../../../model/run.ts";
import { duration, timestamp } from "../../../model/words.ts";
import { Card, Chip, Empty, EngineLink, Heads, PackageLink, Since, Table } from "../parts/common.tsx";
import { MoreErrorLines } from "../parts/errorLines.tsx";
import { EventList } from "../parts/eventList.tsx";
import { NextStep } from "../parts/nextStep.tsx";
import { Progress } from "../parts/progress.tsx";
import { events, run, state, target } from "../state/live.ts";
import { href } from "../state/router.ts";
import { sentence } from "../wire/request.ts";
import { runWorkflow } from "../wire/workflows.ts";

/** The run, how far it is, and what to do. */
export function OverviewView() {
  const answer = state.value;
  const view = run.value;
  if (answer === null) {
    return (
      <>
        <h1 tabIndex={-1}>Overview</h1>
        <Empty>Asking the gateway…</Empty>
      </>
    );
  }
  return (
    <>
      <div class="title">
        <h1 tabIndex={-1}>{view ? view.run : "No run yet"}</h1>
        {view && <StepChip view={view} />}
        {view && <EngineLink workflow={runWorkflow(view.target)} what="The run" />}
      </div>
      {view && <Begun view={view} />}
      {view?.queued && <p class="under-title">Queued for after it: {queuedWords(view.queued)}</p>}
      {view && <Steps view={view} />}
      <div class="columns">
        <div>
          {view && <Progress view={view} />}
          <NextStep action={answer.nextAction} />
          {view && <Building view={view} reading={answer.reading} />}
          {view && view.failed.length > 0 && <Failed view={view} />}
        </div>
        <div>
          <Services reading={answer.reading} />
          <Card title="Recent events" aside={<a href={href("events")}>All events</a>}>
            <EventList events={events.value.slice(-8).toReversed()} />
          </Card>
        </div>
      </div>
    </>
  );
}

function StepChip({ view }: { view: RunView }) {
  const [word, tone] = STEP_WORDS[view.step];
  return view.paused && view.endedAt === null ? (
    <Chip tone="warn" sign="‖">
      paused
    </Chip>
  ) : (
    <Chip tone={tone}>{word}</Chip>
  );
}

function Begun({ view }: { view: RunView }) {
  const { startedAt, endedAt, paused, reason, step } = view;
  return (
    <p class="muted under-title">
      Target {view.target}, begun {timestamp(startedAt)},{" "}
      {endedAt === null ? (
        <>
          running for <Since at={startedAt} />
        </>
      ) : (
        `took ${duration(endedAt - startedAt)}`
      )}
      .{paused && ` Paused by ${paused.by}: ${sentence(paused.reason)}`}
      {reason && step !== "gate" && ` ${reason}`}
    </p>
  );
}

const STEPS = ["sync", "verify", "resolve", "build", "gate", "publish", "done"] as const;
const STEP_NAMES = {
  sync: "Sync",
  verify: "Verify",
  resolve: "Resolve",
  build: "Build",
  gate: "Finalize",
  publish: "Publish",
  done: "Done",
} as const;

function Steps({ view }: { view: RunView }) {
  const at = (STEPS as readonly string[]).indexOf(view.step);
  // A dry run, or one that had nothing to build: it has ended with its plan.
  const [plan, end] = [STEPS.indexOf("resolve"), STEPS.indexOf("done")];
  const isPast = (i: number): boolean =>
    view.step === "done" ? view.snapshot !== null || i <= plan || i === end : i < at;
  return (
    <ol class="steps" aria-label="Steps of the run">
      {STEPS.map((step, i) => {
        const place = isPast(i) ? "past" : i === at ? "now" : "ahead";
        return (
          <li key={step} class={place} aria-current={i === at ? "step" : undefined}>
            {STEP_NAMES[step]}
            <span class="visually-hidden">{place === "past" ? " (done)" : ""}</span>
          </li>
        );
      })}
    </ol>
  );
}

function Building({ view, reading }: { view: RunView; reading: Reading }) {
  const builds = view.drones.flatMap((drone) => drone.building.map((build) => ({ ...build, drone: drone.name })));
  if (builds.length === 0) return null;
  return (
    <Card title={`Building now (${builds.length})`} aside={<a href={href("drones")}>Drones</a>}>
      <Table label="What is being built">
        <Heads of={["Package", "Drone", "For", "Phase"]} />
        <tbody>
          {builds
            .toSorted((a, b) => a.startedAt - b.startedAt)
            .slice(0, 40)
            .map(({ cpv, attempt: number, drone, startedAt }) => (
              <tr key={`${cpv} ${number}`}>
                <td>
                  <PackageLink cpv={cpv} />
                </td>
                <td>{drone}</td>
                <td class="number">
                  <Since at={startedAt} />
                </td>
                <td>{reading.building.find((one) => one.cpv === cpv && one.attempt === number)?.phase ?? "–"}</td>
              </tr>
            ))}
        </tbody>
      </Table>
    </Card>
  );
}

function Failed({ view }: { view: RunView }) {
  return (
    <Card title={`Failed (${view.counts.failed})`} aside={<a href={href("packages", [], { state: "failed" })}>All</a>}>
      <ul class="rows">
        {view.failed.slice(0, 10).map(({ cpv, message, drones, errorLine, around = [] }) => (
          <li key={cpv}>
            <PackageLink cpv={cpv} />
            <span class="bad-text">{message}</span>
            <span class="muted">on {drones.join(", ")}</span>
            {around.length > 0 && <MoreErrorLines lines={around} errorLine={errorLine} of={cpv} />}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Services({ reading }: { reading: Reading }) {
  const { engine, binhost, orchestrators, fleet, others } = reading;
  const out = state.value?.services.filter((service) => service.state === "out") ?? [];
  const online = fleet?.drones.filter((drone) => drone.state === "online").length ?? 0;
  return (
    <Card title="Swarm">
      <dl class="facts">
        <Service name="Engine" problem={engine.problem} text={engine.address} />
        <Service
          isKnown={orchestrators !== null}
          name="Orchestrators"
          problem={orchestrators === 0 ? "none is running" : null}
          text={orchestrators === null ? "not known" : String(orchestrators)}
        />
        <Service name="Binhost" problem={binhost.problem} text={binhost.address} />
        <Service
          isKnown={fleet !== null}
          name="Drones"
          problem={fleet !== null && online === 0 ? "none is online" : null}
          text={fleet === null ? "not known" : `${online} of ${fleet.drones.length} online`}
        />
        {out.map(({ kind, name, url, reason }) => (
          <div key={`${kind} ${url}`}>
            <dt>
              {kind} {name}
            </dt>
            <dd class="bad-text">
              <span aria-hidden="true">✗ </span>out: {reason ?? "not asked yet"}
            </dd>
          </div>
        ))}
        {others.map(({ run: id, target: name, step }) => (
          <div key={id}>
            <dt>Also running</dt>
            <dd>
              {id} ({name}
              {step ? `, ${step}` : ""})
            </dd>
          </div>
        ))}
        {target.value === null && (
          <div>
            <dt>Target</dt>
            <dd>none yet</dd>
          </div>
        )}
      </dl>
    </Card>
  );
}

interface ServiceProps {
  name: string;
  problem: string | null;
  text: string;
  isKnown?: boolean;
}

function Service({ name, problem, text, isKnown = true }: ServiceProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {problem === null ? (
          <>
            <span class={isKnown ? "good-text" : "muted"} aria-hidden="true">
              ●
            </span>{" "}
            {text}
          </>
        ) : (
          <span class="bad-text">
            <span aria-hidden="true">✗ </span>
            {problem}
          </span>
        )}
      </dd>
    </div>
  );
}
