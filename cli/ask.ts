import { createInterface } from "node:readline/promises";
import { usageError } from "../model/errors.ts";
import type { Context } from "./context.ts";

/** Asks on the terminal before something is thrown away. UserError (usage): nobody is there to be asked. */
export async function confirm(context: Context, question: string): Promise<boolean> {
  const { stdin, stderr } = context.around;
  if (stdin.isTTY !== true || context.json) {
    throw usageError(`${question} There is no terminal to ask on: say --yes`);
  }
  const terminal = createInterface({ input: stdin, output: stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
