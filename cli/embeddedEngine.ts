import type { SwarmConfig } from "../config/schema.ts";
import type { Engine } from "../workers/compose.ts";

/** The dev server of this state directory as `up`, `down` and `dev-server` see it. Its module is loaded when it is used. */
export function embeddedEngine(
  config: SwarmConfig,
  note: (text: string) => void,
): Engine & { webUi: () => Promise<string | null> } {
  const { stateDir, cacheDir } = config.swarm;
  const load = () => import("../temporal-dev/server.ts");
  return {
    start: async (env) => {
      const { startDevServer } = await load();
      const info = await startDevServer({ ...config.devServer, stateDir, cacheDir, env, onProgress: note });
      return `${info.address}, Web UI ${info.uiUrl}`;
    },
    stop: async () => (await load()).stopDevServer(stateDir),
    webUi: async () => (await load()).devServerStatus(stateDir)?.uiUrl ?? null,
  };
}
