import type { Command } from "commander";

type Example = readonly [commandLine: string, effect: string];

/**
 * Adds the examples at the end of a verb's help: command lines, each with what it does. A command of the verb gets those
 * that show it, so they are given after it.
 */
export function examples(command: Command, lines: readonly Example[]): void {
  addExamples(command, lines);
  for (const each of command.commands) {
    const start = `swarm ${command.name()} ${each.name()}`;
    addExamples(
      each,
      lines.filter(([line]) => line === start || line.startsWith(`${start} `)),
    );
  }
}

function addExamples(command: Command, lines: readonly Example[]): void {
  if (lines.length === 0) return;
  const width = Math.max(...lines.map(([line]) => line.length));
  const text = lines.map(([line, effect]) => `  $ ${line.padEnd(width)}   # ${effect}`);
  command.addHelpText("after", `\n${lines.length === 1 ? "Example" : "Examples"}:\n${text.join("\n")}`);
}
