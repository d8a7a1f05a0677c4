import { CommanderError } from "commander";
import { messageOf, UserError } from "../model/errors.ts";
import type { Surroundings } from "./context.ts";

/** What a person (or a program, with --json) learns of an error, and the exit code. */
interface Reported {
  problems: readonly string[];
  exitCode: 1 | 2;
}

function classify(error: unknown): Reported {
  if (error instanceof UserError) return { problems: error.problems, exitCode: error.exitCode };
  if (error instanceof CommanderError) {
    // Its hint comes in brackets on a line of its own.
    return { problems: [error.message.replace(/^error: /, "").replace(/\n\((.*)\)$/, ". $1")], exitCode: 2 };
  }
  // A workflow's refusal of an update: its own words are in the cause. By name, so that no verb pays for the import.
  if (error instanceof Error && error.name === "WorkflowUpdateFailedError" && error.cause) {
    return { problems: [messageOf(error.cause)], exitCode: 1 };
  }
  if (error instanceof Error && error.name === "BinhostError" && "status" in error && error.status === 0) {
    const next = "Start it: swarm up (or swarm binhost, on its machine), or correct [binhost] url in swarm.toml";
    return { problems: [`${error.message}. ${next}`], exitCode: 1 };
  }
  return { problems: [messageOf(error)], exitCode: 1 };
}

/** What a person typed, or a machine sent, must not move the cursor: control characters in their escaped form. */
function visible(text: string): string {
  return text.replaceAll(
    /[\p{Cc}--[\n\t]]/gv,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/**
 * Prints an error as every verb does and gives the exit code. No stack trace unless SWARM_DEBUG=1. With --json the error
 * goes to stdout, where the answer would be.
 */
export function reportError(error: unknown, json: boolean, around: Surroundings): 1 | 2 {
  const { problems, exitCode } = classify(error);
  if (json) {
    around.stdout.write(`${JSON.stringify({ error: problems.join("\n"), problems }, null, 2)}\n`);
  } else {
    for (const problem of problems) around.stderr.write(`swarm: ${visible(problem)}\n`);
  }
  if (around.env.SWARM_DEBUG === "1" && error instanceof Error) {
    around.stderr.write(`${error.stack ?? ""}\n`);
    if (error.cause instanceof Error) around.stderr.write(`Caused by: ${error.cause.stack ?? ""}\n`);
  }
  return exitCode;
}
