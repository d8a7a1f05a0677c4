import { existsSync } from "node:fs";
import type { ComposeEvent } from "../../workers/compose.ts";
import { embeddedEngine } from "../embeddedEngine.ts";
import { examples } from "../help.ts";
import { tick } from "../screens/parts.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm up` */
export const register: RegisterVerb = (command, context) => {
  command.action(async () => {
    const { config, file } = await context().loadedConfig();
    const { env } = context().around;
    const { paint } = context();
    const note = (text: string): void => context().note(paint("faint", `  ${text}`));
    const [{ startSwarm }, { namesRealCluster, connectionSettings }] = await Promise.all([
      import("../../workers/compose.ts"),
      import("../../connection/options.ts"),
    ]);
    const foreign = namesRealCluster(config, env);
    if (config.up.drones.length > 0) {
      // Before the drones, so that its progress is seen and no drone's start takes minutes.
      const { ensurePortage } = await import("../../portage/install.ts");
      await ensurePortage({ cacheDir: config.swarm.cacheDir, env, onProgress: note });
    }
    if (config.gateway.enabled) {
      const { ensureOperatorToken } = await import("../../gateway/local.ts");
      await ensureOperatorToken(config);
    }
    const onEvent = ({ role, state, detail }: ComposeEvent): void => {
      const mark = state === "ready" || state === "already running" ? tick(true, paint) : "…";
      context().note(`${mark} ${role.padEnd(16)} ${state.padEnd(16)} ${paint("faint", detail)}`.trimEnd());
    };
    const engine = foreign ? null : embeddedEngine(config, note);
    const roles = await startSwarm({ config, configFile: file, env, engine, onEvent });
    const address = connectionSettings(config, env).options.address;
    const webUi = engine === null ? null : await engine.webUi();
    const { gatewayUrl, operatorTokenFile } = await import("../../gateway/local.ts");
    const { stateDir } = config.swarm;
    const gateway = config.gateway.enabled ? await gatewayUrl(config) : null;
    const token = existsSync(operatorTokenFile(stateDir)) ? operatorTokenFile(stateDir) : "swarm token add NAME";
    if (context().json) {
      return context().printJson({ engine: address, webUi, binhost: config.binhost.url, gateway, roles });
    }
    context().print([
      `The swarm "${config.swarm.name}" is up.`,
      `  Engine:  ${address}${foreign ? " (not ours)" : ""}`,
      ...(webUi === null ? [] : [`  Web UI:  ${webUi}`]),
      `  Binhost: ${config.binhost.url}`,
      ...(gateway === null ? [] : [`  Page:    ${gateway}    Log in with the token in ${token}`]),
      `  Logs:    ${config.swarm.stateDir}/logs`,
      "  Look: swarm status    Stop: swarm down",
    ]);
  });
  examples(command, [
    ["swarm up", "the engine, the orchestrators, the binhost and the drones of [up], in the background"],
    ["swarm --config farm.toml up", "another swarm on the same machine"],
  ]);
};
