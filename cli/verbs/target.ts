import { basename, resolve } from "node:path";
import { usageError } from "../../model/errors.ts";
import { count } from "../../model/words.ts";
import { chooseTarget } from "../../operations/targets.ts";
import { bundleBytes, parseBundle } from "../../portage/bundle.ts";
import { readTargetDirectory } from "../../portage/targetDirectory.ts";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { targetList, targetScreen } from "../screens/targets.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm target [list|show|put]` */
export const register: RegisterVerb = (command, context) => {
  command
    .command("list", { isDefault: true })
    .description("all targets (the default)")
    .action(async () => {
      const targets = await (await context().binhost()).targets();
      if (context().json) context().printJson(targets);
      else context().print(targetList(targets));
    });
  command
    .command("show [name]")
    .description("a target's configuration and world (default: the only one)")
    .action((name: string | undefined) => show(context(), name));
  command
    .command("put <directory> [name]")
    .description("make a directory the target's configuration: portage/, profile, world (name: the directory's)")
    .action((directory: string, name: string | undefined) => put(context(), directory, name));
  examples(command, [
    ["swarm target list", "the targets, and what is published for each; the same as: swarm target"],
    ["swarm target put ./desktop", "what the next run of desktop builds for"],
    ["swarm target show desktop", "what that is now"],
  ]);
};

async function show(context: Context, given: string | undefined): Promise<void> {
  const name = await chooseTarget(context, given);
  const binhost = await context.binhost();
  const info = await binhost.target(name);
  const bundle = parseBundle(await binhost.getBlob(info.bundle));
  if (context.json) context.printJson({ ...info, ...bundle, bundle: info.bundle });
  else context.print(targetScreen(info, bundle, context.paint));
}

async function put(context: Context, given: string, wanted: string | undefined): Promise<void> {
  const directory = resolve(context.around.cwd, given);
  const name = wanted ?? basename(directory);
  const bundle = await readTargetDirectory(directory, name);
  const trees = (await context.config()).trees.map((tree) => tree.name);
  if (trees.length > 0 && !trees.includes(bundle.profile.repository)) {
    throw usageError(
      `${directory}/profile names the repository "${bundle.profile.repository}", and swarm.toml has no [[tree]] of that name; it has: ${trees.join(", ")}`,
    );
  }
  const binhost = await context.binhost();
  const before = (await binhost.targets()).find((each) => each.name === name);
  const info = await binhost.putTarget(name, await binhost.putBlob(bundleBytes(bundle)));
  const change = before === undefined ? "new" : before.bundle === info.bundle ? "unchanged" : "changed";
  if (context.json) return context.printJson({ ...info, change });
  context.print([
    `${context.paint("good", "✓")} ${name} (${change}): ${count(bundle.world.length, "atom")} in its world, ${count(Object.keys(bundle.files).length, "file")}, ${info.bundle.slice(0, 12)}`,
    "  A run that is in progress goes on with what it began with. Build for this one: swarm run-update",
  ]);
}
