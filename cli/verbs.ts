import type { Command } from "commander";
import type { Context } from "./context.ts";

/*
 * How a verb is made:
 * 1. A line in VERBS below: its name, its one-line description (what `swarm --help` shows), and where its module is.
 * 2. A module cli/verbs/<verbInCamelCase>.ts that exports `register: RegisterVerb`. It is imported only when the verb
 *    runs or its help is asked for, so it may import what it needs; what only one branch needs, it imports there.
 * 3. `register` gets the verb's own Command (name and description are set already) and adds arguments, options,
 *    sub-commands, `examples(command, [...])` of cli/help.ts (required: each verb's help has one) and the action.
 *    Call `context()` in the action, not in `register`: it exists only once the command line is parsed.
 * 4. The action writes through the Context: `print` for results, `note` for remarks on stderr, `printJson` when
 *    `context.json` is set. `--config` and `--json` are global options; no verb declares them.
 * 5. It throws UserError / usageError for what a person can mend (cli/run.ts prints it and sets the exit code), and sets
 *    `context.exitCode = 1` where the answer itself is bad news. It never calls process.exit.
 */

/** Adds one verb's arguments, options and action to its command. */
export type RegisterVerb = (command: Command, context: () => Context) => void;

/** One verb of the command, as far as `swarm --help` needs it. */
export interface Verb {
  name: string;
  summary: string;
  /** Heading in the help. */
  group: string;
  load: () => Promise<{ register: RegisterVerb }>;
}

const UPDATE = "The update:";
const LOOK = "Looking:";
const OPERATE = "Stepping in:";
const MACHINES = "Machines and roles:";

export const VERBS: readonly Verb[] = [
  {
    name: "run-update",
    summary: "start a world update and follow it until it can be finalized",
    group: UPDATE,
    load: () => import("./verbs/runUpdate.ts"),
  },
  {
    name: "fresh",
    summary: "clear everything of the last run and start a new one",
    group: UPDATE,
    load: () => import("./verbs/fresh.ts"),
  },
  {
    name: "init-from-list",
    summary: "start a run of the atoms in a file",
    group: UPDATE,
    load: () => import("./verbs/initFromList.ts"),
  },
  {
    name: "schedule",
    summary: "start runs regularly: add, list, pause, trigger, remove",
    group: UPDATE,
    load: () => import("./verbs/schedule.ts"),
  },
  {
    name: "verify",
    summary: "show what finalize would publish, what is missing and the risk",
    group: UPDATE,
    load: () => import("./verbs/verify.ts"),
  },
  {
    name: "finalize",
    summary: "publish what was built, in one atomic step",
    group: UPDATE,
    load: () => import("./verbs/finalize.ts"),
  },
  {
    name: "snapshots",
    summary: "list, show, compare, roll back and prune what was published",
    group: UPDATE,
    load: () => import("./verbs/snapshots.ts"),
  },
  {
    name: "status",
    summary: "where the run is, and the one command that helps now",
    group: LOOK,
    load: () => import("./verbs/status.ts"),
  },
  {
    name: "monitor",
    summary: "the whole swarm on one screen, live, with keys to step in",
    group: LOOK,
    load: () => import("./verbs/monitor.ts"),
  },
  {
    name: "why",
    summary: "why a package is built, waits, failed or is skipped",
    group: LOOK,
    load: () => import("./verbs/why.ts"),
  },
  {
    name: "logs",
    summary: "the build log of a package",
    group: LOOK,
    load: () => import("./verbs/logs.ts"),
  },
  {
    name: "events",
    summary: "everything that happened in a run: who did what and when",
    group: LOOK,
    load: () => import("./verbs/events.ts"),
  },
  {
    name: "runs",
    summary: "the runs that were, and how they ended",
    group: LOOK,
    load: () => import("./verbs/runs.ts"),
  },
  {
    name: "history",
    summary: "what builds took and how they ended; export and import it",
    group: LOOK,
    load: () => import("./verbs/history.ts"),
  },
  {
    name: "drones",
    summary: "the machines that build, and what each of them does",
    group: LOOK,
    load: () => import("./verbs/drones.ts"),
  },
  {
    name: "alerts",
    summary: "what is wrong and who is told; try the channels",
    group: LOOK,
    load: () => import("./verbs/alerts.ts"),
  },
  {
    name: "sync-verify",
    summary: "sync every drone's tree and show which of them agree",
    group: LOOK,
    load: () => import("./verbs/syncVerify.ts"),
  },
  {
    name: "simulate",
    summary: "what a graph of packages would take on which drones, drawn",
    group: LOOK,
    load: () => import("./verbs/simulate.ts"),
  },
  {
    name: "unblock",
    summary: "give failed packages another try",
    group: OPERATE,
    load: () => import("./verbs/unblock.ts"),
  },
  {
    name: "prioritize",
    summary: "build packages, and all that they need, before everything else",
    group: OPERATE,
    load: () => import("./verbs/prioritize.ts"),
  },
  {
    name: "balance",
    summary: "move what does not compile yet to where it is done sooner",
    group: OPERATE,
    load: () => import("./verbs/balance.ts"),
  },
  {
    name: "pause",
    summary: "start nothing new; what is being built goes on",
    group: OPERATE,
    load: () => import("./verbs/pause.ts"),
  },
  {
    name: "resume",
    summary: "end a pause",
    group: OPERATE,
    load: () => import("./verbs/resume.ts"),
  },
  {
    name: "reset",
    summary: "cancel the run and throw away what it has not published",
    group: OPERATE,
    load: () => import("./verbs/reset.ts"),
  },
  {
    name: "up",
    summary: "start the whole swarm on this machine",
    group: MACHINES,
    load: () => import("./verbs/up.ts"),
  },
  {
    name: "down",
    summary: "stop the swarm that was started on this machine",
    group: MACHINES,
    load: () => import("./verbs/down.ts"),
  },
  {
    name: "demo",
    summary: "a whole update on this machine, from nothing to an updated client",
    group: MACHINES,
    load: () => import("./verbs/demo.ts"),
  },
  {
    name: "dev-server",
    summary: "start, stop or look at the Temporal server for one machine",
    group: MACHINES,
    load: () => import("./verbs/devServer.ts"),
  },
  {
    name: "orchestrator",
    summary: "run an orchestrator: it carries the runs and holds no state",
    group: MACHINES,
    load: () => import("./verbs/orchestrator.ts"),
  },
  {
    name: "drone",
    summary: "run a drone on this machine; pause, resume or forget one",
    group: MACHINES,
    // Part of this verb (pause, resume, forget) lives in verbs/droneActions.ts, which drone.ts registers.
    load: () => import("./verbs/drone.ts"),
  },
  {
    name: "binhost",
    summary: "run the binhost: it keeps and serves the packages",
    group: MACHINES,
    load: () => import("./verbs/binhost.ts"),
  },
  {
    name: "gateway",
    summary: "run a gateway: the web page and the HTTP API",
    group: MACHINES,
    load: () => import("./verbs/gateway.ts"),
  },
  {
    name: "token",
    summary: "who may use the gateway: add, list and remove tokens",
    group: MACHINES,
    load: () => import("./verbs/token.ts"),
  },
  {
    name: "target",
    summary: "list, show and put targets: configuration and world of clients",
    group: MACHINES,
    load: () => import("./verbs/target.ts"),
  },
  {
    name: "config",
    summary: "check the configuration; show each value and where it comes from",
    group: MACHINES,
    load: () => import("./verbs/config.ts"),
  },
  {
    name: "doctor",
    summary: "what this machine has and lacks for each role, with the fix",
    group: MACHINES,
    load: () => import("./verbs/doctor.ts"),
  },
  {
    name: "completion",
    summary: "print the completion script for a shell",
    group: MACHINES,
    load: () => import("./verbs/completion.ts"),
  },
];
