import type { Command } from "commander";

/** `--target`, alike on every verb that acts on a run. */
export function targetOption(command: Command): Command {
  return command.option("--target <name>", "the target (default: the only one)");
}
