import { Argument, Command } from "commander";
import { type CompletionVerb, completionScript, SHELLS, type Shell } from "../completion.ts";
import { examples } from "../help.ts";
import { type RegisterVerb, VERBS } from "../verbs.ts";

/** `swarm completion bash|zsh|fish` */
export const register: RegisterVerb = (command, context) => {
  command.addArgument(new Argument("<shell>", "whose completion").choices(SHELLS)).action(async (shell: Shell) => {
    const script = completionScript(shell, await describeVerbs());
    if (context().json) context().printJson({ shell, script });
    else context().print(script.trimEnd());
  });
  examples(command, [
    ["source <(swarm completion bash)", "in ~/.bashrc"],
    ["swarm completion zsh > ~/.zfunc/_swarm", "with ~/.zfunc in fpath"],
    ["swarm completion fish > ~/.config/fish/completions/swarm.fish", "for fish"],
  ]);
};

/** Every verb with its sub-commands and options, asked from the verbs themselves so that the script cannot lag behind. */
function describeVerbs(): Promise<CompletionVerb[]> {
  return Promise.all(
    VERBS.map(async ({ name, summary, load }) => {
      const verb = new Command(name);
      const { register } = await load();
      register(verb, () => {
        throw new Error(`${name}: register used the context before there was a command line`);
      });
      return {
        name,
        summary,
        words: [
          ...verb.commands.map((each) => each.name()),
          ...verb.registeredArguments.flatMap((each) => each.argChoices ?? []),
        ],
        options: longOptions(verb),
      };
    }),
  );
}

function longOptions(command: Command): string[] {
  const own = command.options.map((option) => option.long);
  const below = command.commands.flatMap((each) => each.options.map((option) => option.long));
  return [...new Set([...own, ...below])].filter((long): long is string => typeof long === "string");
}
