import { Command, CommanderError } from "commander";
import { usageError } from "../model/errors.ts";
import { nearest } from "../system/nearest.ts";
import { packageVersion } from "../system/packageVersion.ts";
import { Context, type GlobalOptions, type Surroundings } from "./context.ts";
import { reportError } from "./report.ts";
import { VERBS } from "./verbs.ts";

/** Runs one command line (without node and script). Resolves to the exit code: 0 fine, 1 failed, 2 used wrongly. */
export async function run(argv: readonly string[], around: Surroundings): Promise<number> {
  const program = createProgram(around, argv.includes("--json"));
  let context: Context | undefined;
  const contextOf = (): Context => {
    context ??= new Context(around, program.opts<GlobalOptions>());
    return context;
  };
  try {
    await addVerbs(program, argv, contextOf);
    await program.parseAsync(argv, { from: "user" });
    return context?.exitCode ?? 0;
  } catch (error) {
    // Help and version "fail" with exit code 0, after they were printed.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const json = argv.includes("--json");
    // No verb, or no command of one: the help was printed to stderr.
    if (error instanceof CommanderError && error.code === "commander.help" && !json) return 2;
    return reportError(usageOf(error, program, argv), json, around);
  } finally {
    await context?.close();
  }
}

function createProgram(around: Surroundings, json: boolean): Command {
  const program = new Command("swarm")
    .description("Builds a world update on many machines, and publishes it as one atomic set of binary packages.")
    .usage("[--config FILE] [--json] VERB ...")
    .version(packageVersion(), "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .option("--config <file>", "configuration file (default: SWARM_CONFIG, ./swarm.toml, /etc/build-swarm/swarm.toml)")
    .option("--json", "print the answer as JSON")
    .helpCommand("help [verb]", "print the help of a verb")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => around.stdout.write(text),
      // Help that nobody asked for: with --json the error alone is the answer.
      writeErr: (text) => void (json || around.stderr.write(text)),
      getOutHelpWidth: () => around.stdout.columns ?? 100,
      getErrHelpWidth: () => around.stderr.columns ?? 100,
      // Errors are thrown as well (exitOverride), and printed in one place: report.ts.
      outputError: () => undefined,
    })
    .exitOverride();
  program.addHelpText("after", "\nExample:\n  $ swarm status   # where the run is, and the one command that helps now");
  return program;
}

/** All verbs by name and description; only the one that is asked for gets its options and action, from its module. */
async function addVerbs(program: Command, argv: readonly string[], context: () => Context): Promise<void> {
  const asked = askedVerb(argv);
  if (asked !== null && !VERBS.some((verb) => verb.name === asked)) throw unknownVerb(asked);
  for (const verb of VERBS) {
    const command = program.command(verb.name).description(verb.summary).helpGroup(verb.group);
    if (verb.name !== asked) continue;
    const { register } = await verb.load();
    register(command, context);
  }
}

/** Options that may stand before the verb and take no value. */
const GLOBAL_FLAGS = ["--json", "--help", "-h", "--version"];

/** The verb that a command line names, also as `help VERB`; null where it names none. */
function askedVerb(argv: readonly string[]): string | null {
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? "";
    if (word === "--config") index++;
    else if (word.startsWith("-") && !GLOBAL_FLAGS.includes(word)) return null;
    else if (!word.startsWith("-") && word !== "help") return word;
  }
  return null;
}

/** Says what commander leaves open: which commands there are, and what a mistyped one was to be. */
function usageOf(error: unknown, program: Command, argv: readonly string[]): unknown {
  if (!(error instanceof CommanderError)) return error;
  const asked = askedVerb(argv);
  const verb = program.commands.find((each) => each.name() === asked);
  const names = (verb ?? program).commands.map((each) => each.name());
  const called = verb ? `swarm ${verb.name()}` : "swarm";
  if (error.code === "commander.help") return usageError(`${called} needs a command: ${names.join(", ")}`);
  if (error.code !== "commander.excessArguments" || !verb) return error;
  // A mistyped command is an argument too many for a verb that has a default one.
  const word = argv.slice(argv.indexOf(verb.name()) + 1).find((each) => !each.startsWith("-")) ?? "";
  const near = names.includes(word) ? null : nearest(word, names);
  return near === null ? error : usageError(`unknown command '${word}' of ${called}. Did you mean '${near}'?`);
}

function unknownVerb(word: string): Error {
  const names = VERBS.map((verb) => verb.name);
  const near = nearest(word, names);
  return usageError(`unknown verb '${word}'${near ? `. Did you mean '${near}'?` : "."} All verbs: swarm --help`);
}
