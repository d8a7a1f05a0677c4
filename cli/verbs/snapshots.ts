import type { Command } from "commander";
import { UserError, usageError } from "../../model/errors.ts";
import type { Snapshot } from "../../model/snapshot.ts";
import { count } from "../../model/words.ts";
import {
  currentSnapshot,
  previousSnapshot,
  pruneSnapshots,
  readSnapshots,
  snapshotDiff,
  snapshotNamed,
  type TargetSnapshots,
} from "../../operations/snapshots.ts";
import type { BinhostClient } from "../../store/client.ts";
import type { Context } from "../context.ts";
import { examples } from "../help.ts";
import { diffScreen, snapshotList, snapshotScreen } from "../screens/snapshots.ts";
import { targetOption } from "../targets.ts";
import type { RegisterVerb } from "../verbs.ts";

interface Chosen extends TargetSnapshots {
  context: Context;
  binhost: BinhostClient;
}

/** `swarm snapshots [list|show|diff|rollback|prune]` */
export const register: RegisterVerb = (command, context) => {
  const chosen = async (options: { target?: string }): Promise<Chosen> => {
    const [binhost, found] = await Promise.all([context().binhost(), readSnapshots(context(), options.target)]);
    return { context: context(), binhost, ...found };
  };
  const sub = (usage: string, summary: string): Command => targetOption(command.command(usage).description(summary));

  targetOption(
    command.command("list", { isDefault: true }).description("the snapshots of a target, newest first (the default)"),
  ).action(async (options) => list(await chosen(options)));
  sub("show [id]", "the packages of one (default: the current one)").action(async (id: string | undefined, options) =>
    show(await chosen(options), id),
  );
  sub("diff [from] [to]", "what changed (default: from the previous one to the current one)").action(
    async (from: string | undefined, to: string | undefined, options) => diff(await chosen(options), from, to),
  );
  sub("rollback [id]", "publish a kept one again (default: the previous one)").action(
    async (id: string | undefined, options) => rollback(await chosen(options), id),
  );
  sub("prune", "remove old ones, never the current one")
    .option("--keep <n>", "how many to keep (default: [binhost] keep_snapshots)")
    .action(async (options: { target?: string; keep?: string }) => prune(await chosen(options), options.keep));

  examples(command, [
    ["swarm snapshots list", "what was published, newest first; the same as: swarm snapshots"],
    ["swarm snapshots show", "the packages that clients get now"],
    ["swarm snapshots diff", "what the last publish changed"],
    ["swarm snapshots rollback", "clients get the previous snapshot again"],
    ["swarm snapshots prune --keep 5", "make room"],
  ]);
};

async function list({ context, snapshots, target }: Chosen): Promise<void> {
  if (context.json) context.printJson(snapshots);
  else context.print(snapshotList(target, snapshots, context.paint));
}

async function show(chosen: Chosen, id: string | undefined): Promise<void> {
  const { context } = chosen;
  const snapshot = await fetchSnapshot(
    chosen,
    id === undefined ? currentSnapshot(chosen).id : snapshotNamed(chosen, id),
  );
  if (context.json) context.printJson(snapshot);
  else context.print(snapshotScreen(snapshot, context.paint));
}

async function diff(chosen: Chosen, from: string | undefined, to: string | undefined): Promise<void> {
  const { context } = chosen;
  const result = await snapshotDiff(context, chosen, from, to);
  if (context.json) context.printJson(result);
  else context.print(diffScreen(result, context.paint));
}

async function rollback(chosen: Chosen, id: string | undefined): Promise<void> {
  const { context, binhost, target } = chosen;
  const before = currentSnapshot(chosen).id;
  const wanted = id === undefined ? previousSnapshot(chosen, before).id : snapshotNamed(chosen, id);
  const snapshot = await binhost.rollback(target, wanted);
  if (context.json) {
    context.printJson({ target, from: before, to: snapshot.id });
    return;
  }
  // Ids sort by time.
  const back = snapshot.id < before ? "Forward again" : "Back again";
  context.print([
    `${context.paint("good", "✓")} clients of ${target} now get ${snapshot.id} (${count(snapshot.packages.length, "package")})`,
    ...(snapshot.id === before ? [] : [`  ${back}: swarm snapshots rollback --target ${target} ${before}`]),
  ]);
}

async function prune({ context, target }: Chosen, keep: string | undefined): Promise<void> {
  const number = keep === undefined ? undefined : Number(keep);
  if (number !== undefined && (!Number.isInteger(number) || number < 1)) {
    throw usageError(`--keep ${keep}: not a number of snapshots. Give a whole number from 1 on, e.g. --keep 5`);
  }
  const { removed, keep: kept } = await pruneSnapshots(context, target, number);
  if (context.json) return context.printJson({ target, removed });
  const lines = removed.map((id) => `removed ${id}`);
  context.print(lines.length > 0 ? lines : `nothing to remove: ${target} has no more than ${kept} snapshots`);
}

async function fetchSnapshot({ binhost, target }: Chosen, id: string): Promise<Snapshot> {
  const snapshot = await binhost.snapshot(target, id);
  if (!snapshot) throw new UserError(`snapshot ${id} of ${target} was removed just now. See: swarm snapshots list`);
  return snapshot;
}
