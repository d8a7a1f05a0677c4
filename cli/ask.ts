import { createInterface } from "node:readline/promises";
import { usageError } from "../model/errors.ts";
import type { Context } from "./context.ts";

/** UserError (usage): nobody can be asked. */
export function mustBeAsked({ around, json }: Context, question: string): void {
  if (around.stdin.isTTY !== true || json) throw usageError(`${question} There is no terminal to ask on: say --yes`);
}

/** Asks on the terminal before something is thrown away; leaving it is a no. UserError (usage): nobody can be asked. */
export async function confirm(context: Context, question: string): Promise<boolean> {
  mustBeAsked(context, question);
  const { stdin, stderr } = context.around;
  const terminal = createInterface({ input: stdin, output: stderr });
  const left = new AbortController();
  // Ctrl-C and Ctrl-D: without this the question would wait for ever.
  terminal.once("SIGINT", () => left.abort()).once("close", () => left.abort());
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: left.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (!left.signal.aborted) throw error;
    stderr.write("\n");
    return false;
  } finally {
    terminal.close();
  }
}
