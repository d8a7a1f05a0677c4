import type { ComposeEvent } from "../../workers/compose.ts";
import { embeddedEngine } from "../embeddedEngine.ts";
import { examples } from "../help.ts";
import { tick } from "../screens/parts.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm down` */
export const register: RegisterVerb = (command, context) => {
  command.action(async () => {
    const config = await context().config();
    const { paint } = context();
    const { env } = context().around;
    const [{ stopSwarm }, { namesRealCluster }] = await Promise.all([
      import("../../workers/compose.ts"),
      import("../../connection/options.ts"),
    ]);
    const stopped: ComposeEvent[] = [];
    const onEvent = (event: ComposeEvent): void => {
      const ended = event.state !== "stopping";
      if (ended) stopped.push(event);
      const mark = ended ? tick(true, paint) : "…";
      context().note(`${mark} ${event.role.padEnd(16)} ${event.state.padEnd(16)} ${event.detail}`.trimEnd());
    };
    const engine = namesRealCluster(config, env) ? null : embeddedEngine(config, () => {});
    await stopSwarm({ config, engine, onEvent });
    if (context().json) {
      context().printJson({ stopped: stopped.map(({ role, state, detail }) => ({ role, state, detail })) });
    } else {
      context().print(
        stopped.length === 0
          ? "Nothing of this swarm runs here."
          : "Stopped. Runs wait in the engine's database, packages in the binhost's directory: swarm up goes on.",
      );
    }
  });
  examples(command, [["swarm down", "stop what `swarm up` started here, builds included; runs go on at the next up"]]);
};
