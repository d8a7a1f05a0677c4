import { readAlerts, testAlerts } from "../../operations/alerts.ts";
import { examples } from "../help.ts";
import { alertsScreen, testScreen } from "../screens/alerts.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm alerts [list|test]` */
export const register: RegisterVerb = (command, context) => {
  command
    .command("list", { isDefault: true })
    .description("what is wrong now, what was, and how the channels are (the default)")
    .action(async () => {
      const view = await readAlerts(context());
      if (context().json) return context().printJson(view);
      context().print(
        view === null
          ? "Nobody is told of anything: no channel is configured. See [[alerts.channel]] in: swarm config sample"
          : alertsScreen(view, Date.now(), context().paint),
      );
    });
  command
    .command("test [channel]")
    .description("send a test message now, to one channel or to all; what each of them answers")
    .action(async (channel: string | undefined) => {
      const answers = await testAlerts(context(), channel);
      if (answers.some(({ ok }) => !ok)) context().exitCode = 1;
      if (context().json) context().printJson(answers);
      else context().print(testScreen(answers, context().paint));
    });
  examples(command, [
    ["swarm alerts list", "what is wrong now; the same as: swarm alerts"],
    ["swarm alerts test", "does every channel work?"],
    ["swarm alerts test phone", "does this one?"],
  ]);
};
