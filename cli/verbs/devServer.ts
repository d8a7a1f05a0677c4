import type { DevServerInfo } from "../../temporal-dev/server.ts";
import type { Context } from "../context.ts";
import { embeddedEngine } from "../embeddedEngine.ts";
import { examples } from "../help.ts";
import type { Paint } from "../paint.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm dev-server start|stop|status` */
export const register: RegisterVerb = (command, context) => {
  command
    .command("start")
    .description("start it in the background, or say where it runs")
    .action(async () => {
      await (await engineOf(context())).start(context().around.env);
      showInfo(context(), await statusOf(context()));
    });
  command
    .command("stop")
    .description("stop it; its database stays")
    .action(async () => {
      const stopped = await (await engineOf(context())).stop();
      if (context().json) context().printJson({ stopped });
      else context().print(stopped ? `${context().paint("good", "✓")} stopped` : "it does not run");
    });
  command
    .command("status")
    .description("whether it runs, and where")
    .action(async () => {
      const info = await statusOf(context());
      showInfo(context(), info);
      if (info === null) context().exitCode = 1;
    });
  examples(command, [
    ["swarm dev-server start", "a Temporal server for one machine, with its Web UI"],
    ["swarm dev-server status", "its address, process and database"],
    ["swarm dev-server stop", "its database stays for the next start"],
  ]);
};

async function engineOf(context: Context) {
  const { paint } = context;
  const note = (text: string): void => context.note(paint("faint", `  ${text}`));
  return embeddedEngine(await context.config(), note);
}

async function statusOf(context: Context): Promise<DevServerInfo | null> {
  const { devServerStatus } = await import("../../temporal-dev/server.ts");
  return devServerStatus((await context.config()).swarm.stateDir);
}

function showInfo(context: Context, info: DevServerInfo | null): void {
  if (context.json) context.printJson(info);
  else context.print(infoLines(info, context.paint));
}

function infoLines(info: DevServerInfo | null, paint: Paint): string[] {
  if (info === null) return ["The dev server does not run. Start it: swarm dev-server start"];
  return [
    `${paint("good", "✓")} ${info.address}`,
    `  Web UI:   ${info.uiUrl}`,
    `  Process:  ${info.pid}`,
    `  Database: ${info.database}`,
    `  Version:  ${info.version}`,
  ];
}
