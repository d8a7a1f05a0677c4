import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { messageOf } from "../model/errors.ts";
import { RESOLVE_ERRORS } from "../model/plan.ts";
import { packageRoot } from "../system/packageRoot.ts";
import { signalGroup } from "../system/processIdentity.ts";
import type { BuildRoot } from "./buildRoot.ts";

const text = z.string();

/** What portage/python/resolve.py prints. */
const reportSchema = z.strictObject({
  /** Version of the Portage that resolved. */
  portage: text,
  /** All packages that the atoms need, in merge order. */
  packages: z.array(
    z.strictObject({
      cpv: text,
      slot: text,
      subslot: text,
      repository: text,
      use: z.array(text),
      iuse: z.array(text),
      chost: text,
      settings: z.record(text, text),
      eapi: text,
      restrict: z.array(text),
      keywords: z.array(text),
      sourceBytes: z.int().nonnegative(),
      edges: z.array(z.tuple([z.int().nonnegative(), z.int().min(1).max(31)])),
    }),
  ),
  unresolvable: z.array(z.strictObject({ atoms: z.array(text), class: z.enum(RESOLVE_ERRORS), text })),
  notices: z.array(text),
});

/** What a target needs, as Portage's resolver says; not yet compared with what the binhost has. */
export type ResolverReport = z.infer<typeof reportSchema>;
export type ResolvedPackage = ResolverReport["packages"][number];

export interface ResolveOptions {
  /** A build root with nothing installed: what is installed would be taken for present at every client. */
  root: BuildRoot;
  /** Atoms, and sets such as `@world`. */
  atoms: readonly string[];
  signal?: AbortSignal;
}

/** Lines of a crashed resolver's output that its error shows. */
const CRASH_LINES = 20;

/**
 * Resolves atoms and sets from ebuilds, with all that they need at build time and at run time. What does not resolve is
 * in `unresolvable`, and does not hide the rest.
 * @throws Error where the resolver itself fails, with its last words; the signal's reason where it is aborted.
 */
export async function resolveWorld({ root, atoms, signal }: ResolveOptions): Promise<ResolverReport> {
  signal?.throwIfAborted();
  const program = join(packageRoot(), "portage/python/resolve.py");
  // A group of its own: Portage starts a bash for each ebuild whose metadata is not cached.
  const child = execa(root.portage.python, ["-B", program], {
    env: root.env,
    extendEnv: false,
    cwd: root.path,
    input: JSON.stringify({ atoms }),
    detached: true,
    reject: false,
  });
  const stop = (): void => {
    if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
  };
  signal?.addEventListener("abort", stop, { once: true });
  const result = await child.finally(() => signal?.removeEventListener("abort", stop));
  signal?.throwIfAborted();
  if (result.failed) {
    const said = (result.stderr || messageOf(result)).trim().split("\n").slice(-CRASH_LINES).join("\n");
    throw new Error(`Portage's resolver ended with ${result.signal ?? `exit code ${result.exitCode}`}:\n${said}`);
  }
  return parseReport(result.stdout);
}

function parseReport(output: string): ResolverReport {
  let report: ResolverReport;
  try {
    report = reportSchema.parse(JSON.parse(output));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new Error(`Portage's resolver gave a report that cannot be read: ${reason}`);
  }
  const beyond = report.packages.find((p) => p.edges.some(([to]) => to >= report.packages.length));
  if (beyond)
    throw new Error(
      `Portage's resolver gave a report that cannot be read: ${beyond.cpv} needs a package that is not in it`,
    );
  return report;
}
