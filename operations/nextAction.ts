import { pauseWords } from "../model/marks.ts";
import { atomsOf, type QueuedOrder, queuedWords } from "../model/orders.ts";
import type { NextAction, Reading } from "../model/reading.ts";
import { isOnlyPlan, isOver, type RunView } from "../model/run.ts";
import { count } from "../model/words.ts";

function act(situation: string | string[], command: string, otherwise: string[] = []): NextAction {
  return { situation: [situation].flat(), command, verb: "Run", otherwise };
}

function look(situation: string | string[], command: string, otherwise: string[] = []): NextAction {
  return { situation: [situation].flat(), command, verb: "Look", otherwise };
}

function watch(situation: string | string[]): NextAction {
  return { situation: [situation].flat(), command: "swarm status", verb: "Watch", otherwise: [] };
}

/** The one command that helps now, in every situation. */
export function nextAction(reading: Reading): NextAction {
  const next = nextOf(reading);
  const { run, others } = reading;
  if (run === null || others.length === 0) return next;
  const named = (command: string): string => withTarget(command, run.target);
  const command = next.command === null ? null : named(next.command);
  return { ...next, command, otherwise: next.otherwise.map(named) };
}

/** A verb that acts on a run asks which one where several are in progress. */
function withTarget(command: string, target: string): string {
  return command.replace(
    /^swarm (finalize|resume|unblock|logs|why)(?! --target)[^#]*?(?= {2,}#|$)/,
    `$& --target ${target}`,
  );
}

function nextOf(reading: Reading): NextAction {
  const { engine, binhost, fleet, run, targets } = reading;
  if (engine.problem !== null) {
    return act(["The engine does not answer. What runs on drones goes on and is taken up again."], "swarm up", [
      "swarm dev-server start   # the engine alone, on one machine",
    ]);
  }
  if (reading.orchestrators === 0) {
    return act("No orchestrator is running: builds go on, nothing new starts.", "swarm up", [
      "swarm orchestrator   # one more, on any machine",
    ]);
  }
  if (binhost.problem !== null) {
    return act("The binhost does not answer: finished packages wait on their drones.", "swarm up", [
      "swarm binhost   # on the binhost's machine",
    ]);
  }
  if (reading.runProblem !== null) return watch(`The run does not answer: ${reading.runProblem}`);
  if (targets?.length === 0) {
    return act("There is no target yet: a configuration and a world to build for.", "swarm target put DIRECTORY");
  }
  if (run !== null && run.step === "gate") return atGate(run);
  if (run !== null && run.step === "publish") {
    return watch(run.reason ? `Publishing is tried again: ${run.reason}` : "The packages are being published.");
  }
  const online = fleet?.drones.filter((drone) => drone.state === "online") ?? [];
  if (fleet !== null && online.length === 0) {
    const refused = fleet.refused.map((drone) => `Refused: ${drone.name}: ${drone.reason}`);
    return act(["No drone is online.", ...refused], "swarm up", ["swarm drone   # on each machine that builds"]);
  }
  if (run === null) return act("Nothing runs.", runUpdate(targets));
  return isOver(run.step) ? afterRun(run, targets) : duringRun(run, reading);
}

function runUpdate(targets: string[] | null, target?: string): string {
  const [only, ...others] = targets ?? [];
  if (only === undefined || others.length === 0) return "swarm run-update";
  return `swarm run-update --target ${target ?? only}`;
}

function duringRun(run: RunView, { fleet, at }: Reading): NextAction {
  const { counts } = run;
  const left = counts.needed + counts.delegated;
  if (run.paused) {
    return act(
      `The run is paused by ${run.paused.by}, with ${count(left, "package")} left: ${run.paused.reason}`,
      "swarm resume",
    );
  }
  if (run.step !== "build") {
    const does = { sync: "The drones sync the tree.", verify: "The drones' trees are compared." } as const;
    const words = run.step === "sync" || run.step === "verify" ? does[run.step] : "The plan is being made.";
    return watch(run.reason ? [words, run.reason] : words);
  }
  const usable = run.drones.filter((drone) => drone.state === "verified" && !drone.paused && drone.reason === null);
  if (usable.length === 0) {
    const reasons = run.drones.map((drone) => {
      const view = fleet?.drones.find(({ facts }) => facts.name === drone.name);
      const pause = (view && pauseWords(view, at)) ?? (drone.paused ? "paused" : null);
      return `${drone.name}: ${pause ?? drone.reason ?? drone.state}`;
    });
    const paused = run.drones.find((drone) => drone.paused);
    return paused
      ? act(["No drone takes work:", ...reasons], `swarm drone resume ${paused.name}`)
      : look(["No drone takes work:", ...reasons], "swarm drones");
  }
  const [stuck] = run.stuck ?? [];
  if (stuck) {
    return look([`The run cannot end: ${stuck.cpv} waits, and ${stuck.why}.`], `swarm why ${stuck.cpv}`, [
      "swarm drone NAME   # one more drone, that can build it",
      "swarm config show   # exclude, only, memory_gib: mend them and restart the drone; [scheduler] counts from the next run",
    ]);
  }
  const [broken] = run.failed;
  if (broken) {
    return look(
      [`${count(counts.failed, "package")} failed; the rest goes on.`, `${broken.cpv}: ${broken.message}`],
      `swarm logs ${broken.cpv}`,
      [`swarm unblock ${broken.cpv}   # try it again`],
    );
  }
  return watch(`${count(left, "package")} left. There is nothing to do.`);
}

function atGate(run: RunView): NextAction {
  const { counts } = run;
  const [broken] = run.failed;
  const waits = run.queued ? [`What is queued waits for that: ${queuedWords(run.queued)}.`] : [];
  if (!broken) {
    return act(["All builds complete!", ...waits], "swarm finalize");
  }
  const situation = [
    `${count(counts.received, "package")} built, ${counts.failed} failed, ${counts.skipped} skipped because of it.`,
    ...run.failed.slice(0, 5).map((failed) => `${failed.cpv}: ${failed.message}`),
    ...waits,
  ];
  const otherwise = ["swarm unblock   # try the failed ones again"];
  if (counts.received > 0) otherwise.push("swarm finalize --accept-failed   # publish without them");
  return look(situation, `swarm logs ${broken.cpv}`, otherwise);
}

/** So many atoms still make a command that can be read. */
const ATOMS_TOLD = 10;

/** The command that orders anew what was queued. */
function orderAgain(queued: readonly QueuedOrder[], update: string): string {
  const atoms = atomsOf(queued);
  if (atoms.every((atom) => atom === "@world") || atoms.length > ATOMS_TOLD) return update;
  const list = atoms.join(",");
  return `${update} --packages ${/^[\w@%+:,./-]+$/.test(list) ? list : `'${list.replaceAll("'", "'\\''")}'`}`;
}

function afterRun(run: RunView, targets: string[] | null): NextAction {
  if (run.unstarted) {
    const { queued, reason } = run.unstarted;
    return act(
      [
        `${run.run} has ended. No run has begun with what was queued: ${queuedWords(queued)}.`,
        `It was lost: ${reason}`,
      ],
      orderAgain(queued, runUpdate(targets, run.target)),
    );
  }
  if (run.queued) {
    const words = `${run.run} has ended. A run begins with what was queued: ${queuedWords(run.queued)}.`;
    return watch(run.reason ? [words, run.reason] : words);
  }
  const again = runUpdate(targets, run.target);
  if (isOnlyPlan(run)) {
    return act(`A dry run: ${count(run.counts.needed, "package")} would be built. Nothing was built.`, again);
  }
  if (run.step === "done") {
    return act(run.snapshot ? `Published as ${run.snapshot}.` : (run.reason ?? "Nothing had to be built."), again);
  }
  if (run.step === "cancelled") return act("The last run was cancelled.", again);
  const situation = [`The last run failed: ${run.reason ?? "no reason was recorded"}`];
  return run.unresolvable.length > 0
    ? act(situation, again, [`${again} --skip-unresolvable   # update what does resolve`])
    : act(situation, "swarm fresh");
}
