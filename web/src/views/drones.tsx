import { useState } from "preact/hooks";
import type { DroneView } from "../../../model/fleet.ts";
import { droneMark } from "../../../model/marks.ts";
import type { BuildingPackage } from "../../../model/reading.ts";
import type { RunDrone } from "../../../model/run.ts";
import { bytes, count } from "../../../model/words.ts";
import { ActionButton, attempt, Confirm, WhyOff } from "../parts/actions.tsx";
import { Ago, Chip, Empty, EngineLink, Meter, PackageLink, Since } from "../parts/common.tsx";
import { forgetDrone, pauseDrone, resumeDrone } from "../parts/operate.ts";
import { Trees } from "../parts/trees.tsx";
import { run, state } from "../state/live.ts";
import { buildWorkflow, FLEET_WORKFLOW } from "../wire/workflows.ts";

/** The machines that build: how they are and what they do. */
export function DronesView() {
  const reading = state.value?.reading;
  const drones = reading?.fleet?.drones ?? [];
  const refused = reading?.fleet?.refused ?? [];
  const online = drones.filter((drone) => drone.state === "online").length;
  return (
    <>
      <div class="title">
        <h1 tabIndex={-1}>Drones</h1>
        {drones.length > 0 && (
          <span class="muted">
            {online} of {count(drones.length, "drone")} online
          </span>
        )}
        <EngineLink workflow={FLEET_WORKFLOW} what="The fleet" />
      </div>
      {drones.length === 0 && (
        <Empty>
          {reading?.fleet === null
            ? "Nobody can tell of the drones at the moment."
            : "No drone has enrolled yet. Start one on each machine that builds: swarm drone NAME"}
        </Empty>
      )}
      {drones.length > 0 && <WhyOff />}
      <div class="grid">
        {drones
          .toSorted((a, b) => (a.facts.name < b.facts.name ? -1 : 1))
          .map((drone) => (
            <Drone
              key={drone.facts.name}
              drone={drone}
              part={run.value?.drones.find(({ name }) => name === drone.facts.name)}
              building={reading?.building ?? []}
            />
          ))}
      </div>
      <Trees />
      {refused.length > 0 && (
        <section class="card">
          <h2>Refused</h2>
          <ul class="rows">
            {refused.map(({ name, reason, at }) => (
              <li key={name}>
                <strong>{name}</strong>
                <span>{reason}</span>
                <span class="muted">
                  <Ago at={at} />
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Drone({
  drone,
  part,
  building,
}: {
  drone: DroneView;
  part: RunDrone | undefined;
  building: BuildingPackage[];
}) {
  const { facts, grounded, since } = drone;
  const { glyph, word, tone } = droneMark(drone, part);
  const builds = part?.building ?? [];
  const reason = grounded ?? part?.reason ?? null;
  return (
    <article class="card drone" aria-labelledby={`drone-${facts.name}`}>
      <header>
        <h2 id={`drone-${facts.name}`}>{facts.name}</h2>
        <Chip tone={tone} sign={glyph}>
          {word}
        </Chip>
        <DroneActions drone={drone} />
      </header>
      {reason !== null && <p class="bad-text">{reason}</p>}
      {drone.paused && drone.pause && (
        <p class="muted">
          paused by {drone.pause.by} <Ago at={drone.pause.since} />
          {drone.pause.reason !== null && `: ${drone.pause.reason}`}
        </p>
      )}
      {drone.state !== "online" && (
        <p class="muted">
          since <Ago at={since} />
        </p>
      )}
      <Load drone={drone} part={part} building={building} />
      {builds.length > 0 ? (
        <ul class="slots">
          {builds.map(({ cpv, attempt: number, startedAt, jobs }) => {
            const progress = building.find((one) => one.cpv === cpv && one.attempt === number);
            return (
              <li key={`${cpv} ${number}`}>
                <div class="slot">
                  <PackageLink cpv={cpv} />
                  <span class="number">
                    <Since at={startedAt} />
                  </span>
                </div>
                <p class="muted small">
                  {progress?.phase ?? "beginning"}, {count(jobs, "job")}
                  {progress?.memoryBytes !== undefined && `, ${bytes(progress.memoryBytes)}`}{" "}
                  <EngineLink workflow={buildWorkflow(run.value?.run ?? "", cpv, number)} what={cpv} />
                </p>
                {progress?.problem && <p class="bad-text small">{progress.problem}</p>}
                {progress?.lastLine && <p class="last-line">{progress.lastLine}</p>}
              </li>
            );
          })}
        </ul>
      ) : (
        <p class="muted small">Builds nothing at the moment.</p>
      )}
    </article>
  );
}

function Load({
  drone: { facts, strikes },
  part,
  building,
}: {
  drone: DroneView;
  part: RunDrone | undefined;
  building: BuildingPackage[];
}) {
  const cores = facts.coresLimit ?? facts.cores;
  const builds = part?.building ?? [];
  const own = builds.flatMap(({ cpv, attempt: number }) =>
    building.filter((one) => one.cpv === cpv && one.attempt === number),
  );
  const used = own.reduce((sum, { cpuSeconds = 0, elapsed }) => sum + (elapsed > 0 ? cpuSeconds / elapsed : 0), 0);
  const busy = used + (facts.busyCores ?? 0);
  const memory = own.reduce((sum, { memoryBytes = 0 }) => sum + memoryBytes, 0);
  const forBuilds = facts.memoryForBuildsBytes ?? facts.memoryBytes;
  const room = Math.max(0, facts.diskFreeBytes - facts.lowDiskBytes);
  const diskForBuilds = Math.max(1, facts.diskForBuildsBytes ?? room);
  return (
    <div class="meters">
      <Meter label="Slots" part={builds.length / facts.slots} text={`${builds.length} of ${facts.slots}`} />
      <Meter
        label="Cores"
        part={busy / cores}
        text={`${busy.toFixed(1)} of ${cores}${facts.busyCores ? `, ${facts.busyCores} by others` : ""}`}
      />
      <Meter label="Memory" part={memory / forBuilds} text={`${bytes(memory)} of ${bytes(forBuilds)}`} />
      <Meter
        label="Disk"
        part={1 - room / diskForBuilds}
        text={`${bytes(facts.diskFreeBytes)} free`}
        tone={room === 0 ? "bad" : "name"}
      />
      <p class="muted small facts-line">
        {facts.compiler}, {facts.libc}, Portage {facts.portage}
        {facts.speed !== undefined && `, speed ${facts.speed.toFixed(2)}`}
        {strikes > 0 && `, ${count(strikes, "strike")}`}
      </p>
    </div>
  );
}

function DroneActions({ drone: { facts, paused, state: is } }: { drone: DroneView }) {
  const [asked, setAsked] = useState<"pause" | "forget" | null>(null);
  const { name } = facts;
  const close = () => setAsked(null);
  const isGone = is === "lost" || is === "offline";
  return (
    <div class="buttons">
      {paused ? (
        <ActionButton label={`Resume ${name}`} onAct={() => attempt(() => resumeDrone(name))}>
          Resume
        </ActionButton>
      ) : (
        <ActionButton label={`Pause ${name}`} onAct={() => setAsked("pause")}>
          Pause…
        </ActionButton>
      )}
      {isGone && (
        <ActionButton label={`Forget ${name}`} onAct={() => setAsked("forget")}>
          Forget…
        </ActionButton>
      )}
      {asked === "pause" && <PauseDialog name={name} onClose={close} />}
      {asked === "forget" && (
        <Confirm title={`Forget ${name}?`} verb="Forget" act={() => forgetDrone(name)} onClose={close}>
          <p>It leaves the list, with its strikes. When it starts again it enrols as a new one.</p>
        </Confirm>
      )}
    </div>
  );
}

function PauseDialog({ name, onClose }: { name: string; onClose(): void }) {
  const [reason, setReason] = useState("");
  return (
    <Confirm title={`Pause ${name}?`} verb="Pause" act={() => pauseDrone(name, reason.trim())} onClose={onClose}>
      <p>It finishes what it builds and gets nothing new until you resume it.</p>
      <label>
        Why (others see it)
        <input value={reason} onInput={(event) => setReason(event.currentTarget.value)} maxLength={200} />
      </label>
    </Confirm>
  );
}
