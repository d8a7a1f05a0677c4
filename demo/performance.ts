import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../model/errors.ts";
import { packageRoot } from "../system/packageRoot.ts";
import { devServerStatus } from "../temporal-dev/server.ts";
import { play } from "./play.ts";
import { Screen } from "./screen.ts";
import { clearStage, type Stage, setStage } from "./stage.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** What was under way when the demo was interrupted may take so long to end. ms */
const SETTLE_MS = 10_000;

/**
 * Runs the demo. Whatever it started is stopped at the end, also after signals; with `keep` only after signals.
 * Resolves to the exit code: 0 fine, 1 something was not as it should be, 130 interrupted.
 */
export async function runDemo({ keep }: { keep: boolean }): Promise<0 | 1 | 130> {
  const screen = new Screen();
  const stop = new AbortController();
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      screen.event(`${signal}: everything ${stop.signal.aborted ? "is still" : "is"} being stopped; please wait`);
      stop.abort();
    });
  }
  // The terminal may be gone: what was started must be stopped all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const stage = await setStage();
  const outcome = await perform(stage, screen, stop.signal);
  if (outcome === 0) {
    screen.line();
    screen.table();
  }
  if (keep && outcome !== 130) {
    showAround(stage, screen);
    return outcome;
  }
  screen.heading("Everything is stopped and removed, but for the cache");
  await clearStage(stage, screen);
  return outcome;
}

/** Plays; an interrupt ends it even where something under way does not. */
async function perform(stage: Stage, screen: Screen, signal: AbortSignal): Promise<0 | 1 | 130> {
  const playing = play(stage, screen, signal).then(
    () => 0 as const,
    (error: unknown) => {
      if (signal.aborted) return 130 as const;
      screen.bad(messageOf(error));
      screen.remark("with --keep everything stays, logs included, to look around");
      return 1 as const;
    },
  );
  const interrupted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  return Promise.race([playing, interrupted.then(() => delay(SETTLE_MS)).then(() => 130 as const)]);
}

function showAround(stage: Stage, screen: Screen): void {
  const webUi = devServerStatus(stage.config.swarm.stateDir)?.uiUrl;
  screen.heading("The swarm stays up. Look around:");
  for (const line of [
    `export SWARM_CONFIG=${stage.configFile}`,
    `alias swarm=${join(packageRoot(), "bin/swarm")}`,
    "swarm status",
    "swarm snapshots",
    "swarm drones",
    "swarm --help",
  ]) {
    screen.command(line);
  }
  if (webUi) screen.line(`  Web UI:  ${webUi}`);
  screen.line(`  Client:  ${stage.clientDir}`);
  screen.line("Stop it, and remove it:");
  screen.command(`swarm --config ${stage.configFile} down && rm -r ${stage.directory}`);
}
