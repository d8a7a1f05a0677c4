import { messageOf, UserError, usageError } from "../../model/errors.ts";
import type { Source } from "../../monitor/source.ts";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

interface Options {
  target?: string;
}

/** `swarm monitor` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command).action((options: Options) => monitor(context(), options));
  examples(command, [["swarm monitor", "the whole swarm on one screen, live; ? shows its keys, q leaves"]]);
};

async function monitor(context: Context, options: Options): Promise<void> {
  const { stdin, stdout, env } = context.around;
  if (context.json || stdin.isTTY !== true || stdout.isTTY !== true) {
    throw usageError(
      "swarm monitor is a screen with keys and needs a terminal. Without one: swarm status; for programs: swarm status --json",
    );
  }
  // React's code for development is slow, and keeps what it measured.
  process.env.NODE_ENV ??= "production";
  const [{ runMonitor }, { wantsAscii }, source] = await Promise.all([
    import("../../monitor/monitor.ts"),
    import("../../monitor/terminal.ts"),
    sourceOf(context, options),
  ]);
  const { paint } = context;
  const { leaving, state } = await runMonitor({ source, paint, ascii: wantsAscii(env), stdin, stdout });
  await source.stop();
  if (leaving.kind === "error") throw new UserError(`the monitor failed: ${messageOf(leaving.error)}`);
  const run = state.shown?.reading.run;
  if (run && run.endedAt === null) context.print(`${run.run} goes on without the monitor. Look again: swarm status`);
  if (leaving.kind === "signal") {
    await context.close();
    // Who sent it expects the process to end by it.
    process.kill(process.pid, leaving.signal);
  }
}

async function sourceOf(context: Context, { target }: Options): Promise<Source> {
  // A wrong configuration is told before the screen is there.
  await context.config();
  const { EngineSource } = await import("../../monitor/engineSource.ts");
  return new EngineSource(context, target);
}
