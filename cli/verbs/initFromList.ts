import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { usageError } from "../../model/errors.ts";
import { parseAtomList } from "../../portage/atomList.ts";
import { examples } from "../help.ts";
import type { RegisterVerb } from "../verbs.ts";
import { dryRunOption, type StartOptions, startAndFollow, startOptions } from "./runUpdate.ts";

/** `swarm init-from-list FILE` */
export const register: RegisterVerb = (command, context) => {
  dryRunOption(startOptions(command))
    .argument("<file>", "atoms or @sets, one a line; # begins a comment; - reads standard input")
    .action(async (file: string, options: StartOptions) => {
      const { cwd, stdin } = context().around;
      const text = file === "-" ? await readAll(stdin) : await readList(resolve(cwd, file));
      await startAndFollow(context(), parseAtomList(text, file), options);
    });
  examples(command, [["swarm init-from-list packages.txt", "build what the file lists, and what it needs"]]);
};

async function readList(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw usageError(`cannot read the list ${file}: ${error.code ?? error.message}`);
  });
}

async function readAll(stream: NodeJS.ReadStream): Promise<string> {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) text += String(chunk);
  return text;
}
