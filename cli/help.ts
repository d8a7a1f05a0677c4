import type { Command } from "commander";

/** Adds the examples at the end of a verb's help: command lines, each with what it does. */
export function examples(command: Command, lines: readonly (readonly [commandLine: string, effect: string])[]): void {
  const width = Math.max(...lines.map(([line]) => line.length));
  const text = lines.map(([line, effect]) => `  $ ${line.padEnd(width)}   # ${effect}`);
  command.addHelpText("after", `\n${lines.length === 1 ? "Example" : "Examples"}:\n${text.join("\n")}`);
}
