import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { messageOf, UserError, usageError } from "../../model/errors.ts";
import type { Source } from "../../monitor/source.ts";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

interface Options {
  target?: string;
  gateway?: string;
  tokenFile?: string;
}

/** `swarm monitor` */
export const register: RegisterVerb = (command, context) => {
  targetOption(command)
    .option("--gateway <url>", "look through a gateway instead of at the engine, however many look")
    .option("--token-file <file>", "with --gateway: the file of its token (default: the token in SWARM_TOKEN, if any)")
    .action((options: Options) => monitor(context(), options));
  examples(command, [
    ["swarm monitor", "the whole swarm on one screen, live; ? shows its keys, q leaves"],
    ["swarm monitor --gateway http://gateway:8090 --token-file FILE", "from a machine that reaches the gateway only"],
  ]);
};

/** What is asked of the engine when the screen is left may take so long; an answer that comes later is not waited for. ms */
const STOP_MS = 500;

/**
 * Each frame is garbage a moment later: left alone, V8 lets 128 MiB of it pile up before it looks. So it is 175 MiB in a run of
 * 3,300 packages instead of 320, for half a percent of a core.
 */
const SMALL_HEAP = ["--max-semi-space-size=4", "--semi-space-growth-factor=1", "--heap-growing-percent=70"];

async function monitor(context: Context, options: Options): Promise<void> {
  const { stdin, stdout, env } = context.around;
  for (const flag of SMALL_HEAP) setFlagsFromString(flag);
  const source = await sourceOf(context, options);
  if (context.json || stdin.isTTY !== true || stdout.isTTY !== true) {
    throw usageError(
      "swarm monitor is a screen with keys and needs a terminal. Without one: swarm status; for programs: swarm status --json",
    );
  }
  // React's code for development is slow, and keeps what it measured: whatever the shell says, this is none.
  process.env.NODE_ENV = "production";
  const [{ runMonitor }, { wantsAscii }] = await Promise.all([
    import("../../monitor/monitor.ts"),
    import("../../monitor/terminal.ts"),
  ]);
  const { paint } = context;
  const { leaving, state } = await runMonitor({ source, paint, ascii: wantsAscii(env), stdin, stdout });
  await Promise.race([source.stop(), sleep(STOP_MS)]);
  if (leaving.kind === "error") throw new UserError(`the monitor failed: ${messageOf(leaving.error)}`);
  const run = state.shown?.reading.run;
  if (run && run.endedAt === null) context.print(`${run.run} goes on without the monitor. Look again: swarm status`);
  if (leaving.kind === "signal") {
    await context.close();
    // Who sent it expects the process to end by it.
    process.kill(process.pid, leaving.signal);
  }
}

async function sourceOf(context: Context, options: Options): Promise<Source> {
  const { target, gateway } = options;
  if (gateway === undefined) {
    if (options.tokenFile !== undefined)
      throw usageError("--token-file is the token of a gateway: say --gateway URL, too");
    // A wrong configuration is told before the screen is there.
    await context.config();
    const { EngineSource } = await import("../../monitor/engineSource.ts");
    return new EngineSource(context, target);
  }
  const url = URL.parse(gateway);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw usageError(`--gateway takes a URL such as http://gateway:8090, not '${gateway}'`);
  }
  const token = await tokenOf(context, options);
  const { GatewaySource } = await import("../../monitor/gatewaySource.ts");
  return new GatewaySource({ url: url.href, token, target });
}

/** Null: the gateway is asked without one. */
async function tokenOf(context: Context, { tokenFile }: Options): Promise<string | null> {
  const given = tokenFile === undefined ? (context.around.env.SWARM_TOKEN ?? "") : await readToken(tokenFile);
  const token = given.trim();
  if (token === "" && tokenFile !== undefined)
    throw usageError(`${tokenFile} is empty: it must have the gateway's token`);
  if (/[^!-~]/.test(token)) throw usageError("the token must be one word: letters, digits and signs");
  return token === "" ? null : token;
}

async function readToken(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw usageError(`the token of the gateway cannot be read: ${messageOf(error)}`);
  }
}
