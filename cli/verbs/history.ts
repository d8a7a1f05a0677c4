import { InvalidArgumentError } from "commander";
import { messageOf, usageError } from "../../model/errors.ts";
import { count } from "../../model/words.ts";
import { chooseTarget } from "../../operations/targets.ts";
import type { Context, Surroundings } from "../context.ts";
import { examples } from "../help.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

interface Options {
  target?: string;
  limit: number;
}

/** `swarm history [PACKAGE]`, and its exchange with other swarms. */
export const register: RegisterVerb = (command, context) => {
  targetOption(command)
    .argument("[package]", "category/name-version, category/name or name (default: a summary of all)")
    .option("--limit <number>", "at most so many lines", wholeNumber, 20)
    .action((name: string | undefined, options: Options) =>
      name === undefined ? summary(context(), options) : attempts(context(), name, options),
    );
  command
    .command("export <file>")
    .description(
      "write every attempt to a file: JSON lines, one JSON document where the name ends in .json; - is stdout",
    )
    .action((file: string) => exportTo(context(), file));
  command
    .command("import <file>")
    .description("add the attempts of an export, in either form; known ones stay as they are; - is stdin")
    .action((file: string) => importFrom(context(), file));
  examples(command, [
    ["swarm history", "what costs most time, and how often each drone fails"],
    ["swarm history dev-lang/rust", "every attempt to build it, newest first"],
    ["swarm history openssl --target desktop --limit 5", "only the last ones for this target"],
    ["swarm history export history.jsonl", "keep it, or take it to another swarm"],
    ["swarm history import history.jsonl", "estimates begin with what another swarm has measured"],
  ]);
};

async function summary(context: Context, { target = null, limit }: { target?: string | null; limit: number }) {
  const found = await (await context.binhost()).history.summary(target, limit);
  if (found.attempts === 0 && target !== null) await mustExist(context, target);
  if (context.json) return context.printJson(found);
  const { summaryScreen } = await import("../screens/history.ts");
  context.print(summaryScreen(found, context.paint));
}

async function attempts(
  context: Context,
  name: string,
  { target = null, limit }: { target?: string | null; limit: number },
) {
  if (target !== null) await mustExist(context, target);
  const found = await (await context.binhost()).history.attempts({ package: name, target, limit, offset: 0 });
  if (context.json) return context.printJson(found);
  const { attemptsScreen } = await import("../screens/history.ts");
  context.print(attemptsScreen(found, context.paint));
}

/** A target that was never there is a mistake; one without attempts is not. */
async function mustExist(context: Context, target: string): Promise<void> {
  await chooseTarget(context, target);
}

async function exportTo(context: Context, file: string): Promise<void> {
  const { history } = await context.binhost();
  const { asDocument, headerLine, lineOf } = await import("../../operations/historyFile.ts");
  const all = [];
  const document = file === "-" ? context.json : file.endsWith(".json");
  for await (const some of history.export()) all.push(...some);
  const text = document ? asDocument(all) : [headerLine(), ...all.map(lineOf)].join("");
  if (file === "-") return void context.around.stdout.write(text);
  const { resolve } = await import("node:path");
  const { writeFileAtomic } = await import("../../system/atomicFile.ts");
  await writeFileAtomic(resolve(context.around.cwd, file), text);
  if (context.json) context.printJson({ file, attempts: all.length });
  else context.print(`${context.paint("good", "✓")} ${count(all.length, "attempt")} in ${file}`);
}

async function importFrom(context: Context, file: string): Promise<void> {
  const { parseHistory } = await import("../../operations/historyFile.ts");
  const attempts = parseHistory(await readText(context.around, file), file === "-" ? "stdin" : file);
  const { added, known } = await (await context.binhost()).history.import(attempts);
  if (context.json) return context.printJson({ file, added, known });
  context.print(`${context.paint("good", "✓")} ${count(added, "attempt")} added, ${known} known already`);
}

/** @throws UserError where there is no such file, or it cannot be read. */
async function readText({ cwd, stdin }: Pick<Surroundings, "cwd" | "stdin">, file: string): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  const { resolve } = await import("node:path");
  const { text } = await import("node:stream/consumers");
  if (file === "-") return text(stdin);
  try {
    return await readFile(resolve(cwd, file), "utf8");
  } catch (error) {
    throw usageError(
      `cannot read the history ${file}: ${messageOf(error)}. Name a file that swarm history export wrote`,
    );
  }
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 1000) {
    throw new InvalidArgumentError("It must be a whole number from 1 to 1000.");
  }
  return number;
}
