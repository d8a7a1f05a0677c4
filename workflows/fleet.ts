import { TimeoutType } from "@temporalio/common";
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  TimeoutFailure,
  workflowInfo,
} from "@temporalio/workflow";
import { type DroneControlActivities, type OrchestratorActivities, QUEUES } from "../model/activities.ts";
import type { DroneAction } from "../model/fleet.ts";
import { isName } from "../model/names.ts";
import { APPETITE, STRIKE, SUBSCRIPTION, taking } from "./betweenWorkflows.ts";
import {
  appetiteSignal,
  enrolUpdate,
  fleetChangedSignal,
  fleetQuery,
  forgetDroneUpdate,
  pauseDroneUpdate,
  resumeDroneUpdate,
  strikeSignal,
  subscribeSignal,
  UNKNOWN_DRONE,
  unsubscribeSignal,
} from "./messages.ts";
import { FleetState, type SavedFleet } from "./states/fleet.ts";

const { checkCredential } = proxyActivities<OrchestratorActivities>({
  taskQueue: QUEUES.orchestrator,
  startToCloseTimeout: "10s",
  // Handlers that never end would keep the fleet from continuing as new.
  retry: { maximumAttempts: 5 },
});

/** A drone that is silent this long is asked again. Together with the next one it bounds how long a loss stays unnoticed: 35 s. */
const SILENCE = "15s";
/** ... and this long it has to take the question. Longer than a worker's pause between polls after a server's outage. */
const ANSWER = "20s";
/** While runs wait for each other's slots they are told anew this often: one that was terminated says nothing itself. */
const REMINDER = "30s";
/** Of a name or a reason; all runs are told. */
const MOST_WORDS = 200;
/** Pause after an attendance that failed on the drone itself. */
const AFTER_ERROR = "5s";

/**
 * The fleet: one workflow that knows the drones. For each it keeps one `attend` activity running, whose heartbeat is the
 * drone's liveness and costs no history. Runs subscribe and are told of each change.
 */
export async function fleet(saved?: SavedFleet): Promise<void> {
  const state = new FleetState(saved, () => !patched("clock-as-reported"));
  /** Drones with a running attend loop -> their machine's id. */
  const attending = new Map<string, string>();
  let dirty = true;

  setHandler(fleetQuery, () => state.view());
  setHandler(
    subscribeSignal,
    taking(SUBSCRIPTION, ({ workflowId, builds = null, renews = false }) => {
      if (renews && state.subscribers().includes(workflowId)) return;
      state.subscribe(workflowId, builds);
      dirty = true;
    }),
  );
  setHandler(
    unsubscribeSignal,
    taking(SUBSCRIPTION, ({ workflowId }) => {
      dirty = state.unsubscribe(workflowId) || dirty;
    }),
  );
  setHandler(
    appetiteSignal,
    taking(APPETITE, ({ workflowId, builds }) => {
      dirty = state.setAppetite(workflowId, builds) || dirty;
    }),
  );
  setHandler(
    strikeSignal,
    taking(STRIKE, ({ drone, reason }) => {
      if (reason === null) state.forgive(drone, Date.now());
      else state.strike(drone, reason);
      dirty = true;
    }),
  );
  setHandler(
    enrolUpdate,
    async (request) => {
      const answer = state.enrol(request.facts, await checkCredential(request), Date.now());
      dirty = true;
      return answer;
    },
    {
      // Its name becomes a task queue, and what cannot be checked at all would be tried for ever.
      validator: (request) => {
        if (!isName(request.facts.name) || typeof request.nonce !== "string" || typeof request.proof !== "string") {
          throw ApplicationFailure.nonRetryable("not a drone's request to be let in", "Refused");
        }
      },
    },
  );
  const validator = ({ drone }: { drone: string }): void => {
    const unknown = state.unknown(drone);
    if (unknown !== null) throw ApplicationFailure.nonRetryable(unknown, UNKNOWN_DRONE);
  };
  const act = (action: DroneAction["action"], request: { drone: string; by?: unknown; reason?: unknown }): void => {
    const by = wordsOf(request.by) ?? "an operator";
    state.act({ drone: request.drone, action, by, reason: wordsOf(request.reason) }, Date.now());
    dirty = true;
  };
  setHandler(
    pauseDroneUpdate,
    (request) => {
      const { drone } = request;
      const before = state.pausedBy(drone);
      act("pause", request);
      return before === null
        ? `${drone} is paused: it finishes what it builds and gets nothing new`
        : `${drone} is paused already, by ${before}`;
    },
    { validator },
  );
  setHandler(
    resumeDroneUpdate,
    (request) => {
      act("resume", request);
      return `${request.drone} takes work again`;
    },
    { validator },
  );
  setHandler(
    forgetDroneUpdate,
    (request) => {
      act("forget", request);
      return `${request.drone} is forgotten; it may enrol again`;
    },
    {
      validator: (request) => {
        validator(request);
        if (state.attended().includes(request.drone)) {
          throw ApplicationFailure.nonRetryable(`${request.drone} is online: stop it first`, "Refused");
        }
      },
    },
  );

  async function attendLoop(name: string, id: string): Promise<void> {
    const options = {
      taskQueue: QUEUES.control(name),
      scheduleToStartTimeout: ANSWER,
      retry: { maximumAttempts: 1 },
      cancellationType: ActivityCancellationType.ABANDON,
      summary: `${name} is alive`,
    } as const;
    const { attend } = proxyActivities<DroneControlActivities>({
      ...options,
      startToCloseTimeout: "30d",
      heartbeatTimeout: SILENCE,
    });
    // The answer itself has to come in that time: a poll that a dead machine left at the server takes a question too.
    const { attend: ask } = proxyActivities<DroneControlActivities>({
      ...options,
      scheduleToCloseTimeout: ANSWER,
    });
    let probe = false;
    // The name may go to another machine once this one is lost: its own loop takes over then.
    while (state.idOf(name) === id) {
      try {
        const result = await (probe ? ask : attend)({ name, id, probe });
        probe = false;
        state.report(result.facts, Date.now());
        dirty = true;
        if (result.reason === "leaving") {
          state.setState(name, "offline", Date.now());
          return;
        }
        state.setState(name, "online", Date.now());
      } catch (error) {
        if (isCancellation(error)) throw error;
        const timeout = error instanceof ActivityFailure && error.cause instanceof TimeoutFailure ? error.cause : null;
        if (timeout && (probe || timeout.timeoutType === TimeoutType.SCHEDULE_TO_START)) {
          dirty = state.setState(name, "lost", Date.now()) || dirty;
          return;
        }
        dirty = state.setState(name, "suspect", Date.now()) || dirty;
        // An answer that is an error comes at once, and would come again at once.
        if (timeout === null) await sleep(AFTER_ERROR);
        // That an activity was taken is not seen here before it ends: ask for an answer at once.
        probe = true;
      }
    }
  }

  for (;;) {
    const awake = (): boolean => dirty || workflowInfo().continueAsNewSuggested;
    if (state.isContended) await condition(awake, REMINDER);
    else await condition(awake);
    dirty = false;
    for (const name of state.attended()) {
      const id = state.idOf(name) ?? "";
      if (attending.get(name) === id) continue;
      attending.set(name, id);
      void attendLoop(name, id)
        .finally(() => {
          if (attending.get(name) === id) attending.delete(name);
          dirty = true;
        })
        // Only a cancellation of the fleet itself, which must not be its last word to the engine for ever.
        .catch(() => {});
    }
    setCurrentDetails(details(state));
    const actions = state.takeActions();
    for (const workflowId of state.subscribers()) {
      // A run that is gone needs no word any more, and no slots.
      await getExternalWorkflowHandle(workflowId)
        .signal(fleetChangedSignal, state.viewsFor(workflowId), ...(actions.length > 0 ? [actions] : []))
        .catch(() => {
          dirty = state.unsubscribe(workflowId) || dirty;
        });
    }
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof fleet>(state.save());
    }
  }
}

/** What somebody typed, at the Web UI maybe. */
function wordsOf(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value.trim().slice(0, MOST_WORDS) : null;
}

function details(state: FleetState): string {
  const rows = state.drones().map(({ facts, paused, pause, state: is, grounded }) => {
    const remark = [grounded, paused && pause ? `by ${pause.by}${pause.reason ? `: ${pause.reason}` : ""}` : null];
    return `| ${facts.name} | ${facts.cores} | ${paused ? "paused" : is} | ${remark.filter(Boolean).join("; ")} |`;
  });
  return ["| drone | cores | state | remark |", "| --- | --- | --- | --- |", ...rows].join("\n");
}
