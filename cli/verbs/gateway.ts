import { examples } from "../help.ts";
import { runRole } from "../runRole.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm gateway` */
export const register: RegisterVerb = (command, context) => {
  command.action(async () => {
    (await import("../../gateway/heap.ts")).keepHeapSmall();
    const loaded = await context().loadedConfig();
    const [{ runGateway }, { ensureOperatorToken }] = await Promise.all([
      import("../../gateway/role.ts"),
      import("../../gateway/local.ts"),
    ]);
    await ensureOperatorToken(loaded.config);
    await runRole(context(), (_config, _name, role) => runGateway(loaded, role), null);
  });
  examples(command, [
    ["swarm gateway", "the web page and the HTTP API of [gateway] in the foreground; any number may run"],
    ["swarm token add ann --role operator", "who may use it: prints the token that ann logs in with"],
  ]);
};
