import { z } from "zod";
import { Unanswered } from "../../model/errors.ts";
import type { PackageView, RunView } from "../../model/run.ts";
import type { Access } from "../../operations/access.ts";
import { NotRunning } from "../../operations/engine.ts";
import { operateRun } from "../../operations/operate.ts";
import { matchingPackages, readPackages } from "../../operations/packages.ts";
import { refuseOptions, startOrQueue } from "../../operations/queue.ts";
import { readRun } from "../../operations/readModel.ts";
import { latestRun } from "../../operations/runs.ts";
import { chooseTarget } from "../../operations/targets.ts";
import { isWorldMember } from "../../portage/atomList.ts";
import { parseCpv } from "../../portage/cpv.ts";
import { type Api, refusals, Target } from "../api.ts";
import { inNameOf, type Services } from "../services.ts";
import { Atoms, RunOptions } from "./operate.ts";

const Answer = z.object({
  run: z.string().meta({ description: "The run that was started, or that is in progress." }),
  target: z.string(),
  queued: z.array(z.string()).meta({ description: "What is built in that run: put first, where it was in progress." }),
  after: z.array(z.string()).meta({ description: "What a run is for that begins when that one has ended." }),
});

/** `POST /build`: one address for scripts, whether a run is in progress or not. Nothing that was ordered is lost. */
export async function buildRoute(app: Api, services: Services): Promise<void> {
  app.post(
    "/build",
    {
      config: { demand: "act", cost: "acting" },
      schema: {
        summary: "Start a run; while one is in progress, put packages first in it, or queue what it does not build",
        description:
          "201: a run was started. 200: packages were put first. 202: all of it is for a run that begins when the one in progress has ended.",
        tags: ["act"],
        body: z
          .object({ target: Target.optional(), packages: Atoms.optional(), options: RunOptions.optional() })
          .strict()
          .nullish(),
        response: { 200: Answer, 201: Answer, 202: Answer, ...refusals },
      },
    },
    async ({ body, caller }, reply) => {
      const access = inNameOf(services, caller);
      const target = await chooseTarget(access, body?.target);
      const atoms = body?.packages ?? ["@world"];
      const options = body?.options ?? RunOptions.parse({});
      const found = await inRun(access, target, atoms);
      const { run } = found;
      if (found.first.length > 0) refuseOptions(options, run?.run ?? "");
      const isFirst = run !== null && found.first.length > 0 && (await putFirst(access, run, found.first));
      const [first, others] = isFirst ? [found.first, found.others] : [[], found.all];
      let ordered: Awaited<ReturnType<typeof startOrQueue>> | null = null;
      if (others.length > 0) ordered = await startOrQueue(access, { target, atoms: others, options });
      services.watchers.refresh();
      if (ordered?.outcome === "started") {
        return reply.code(201).send({ run: ordered.run, target, queued: others, after: [] });
      }
      const answer = { run: ordered?.run ?? run?.run ?? "", target, queued: first, after: others };
      return reply.code(first.length > 0 ? 200 : 202).send(answer);
    },
  );
}

/** False: the run takes no such order any more; a run after it must. */
async function putFirst(access: Access, { run, target }: RunView, packages: string[]): Promise<boolean> {
  try {
    await operateRun<string[]>(access, target, "prioritize", { packages, add: true, run });
    return true;
  } catch (error) {
    const isRefused = error instanceof Error && error.name === "WorkflowUpdateFailedError";
    if (isRefused || error instanceof NotRunning) return false;
    throw error;
  }
}

/** What of some atoms the run in progress is yet to build (CPVs), the others, which it is not about or is done with, and all as a run after it is told. */
async function inRun(
  access: Access,
  target: string,
  atoms: readonly string[],
): Promise<{ run: RunView | null; first: string[]; others: string[]; all: string[] }> {
  // As it is at this moment: what is looked at anyway may be a moment old, and what is built by now is built no more.
  const client = await access.client();
  const nothing = { run: null, first: [], others: [...atoms], all: [...atoms] };
  if (!(await latestRun(client, target))?.isInProgress) return nothing;
  const { run, runProblem } = await readRun(client, target);
  if (runProblem !== null) throw new Unanswered(runProblem);
  if (!run || run.endedAt !== null) return nothing;
  const packages = await readPackages(access, target);
  const ahead = packages.filter(({ state }) => state === "needed" || state === "delegated");
  const found = atoms.map((atom) => ({ cpvs: namedBy(ahead, atom), order: orderOf(packages, atom) }));
  return {
    run,
    first: [...new Set(found.flatMap(({ cpvs }) => cpvs))],
    others: found.flatMap(({ cpvs, order }) => (cpvs.length === 0 ? order : [])),
    all: found.flatMap(({ order }) => order),
  };
}

/** What a resolver is asked for: names of packages that the run knows are made to atoms. */
function orderOf(packages: readonly PackageView[], atom: string): string[] {
  if (isWorldMember(atom)) return [atom];
  const cps = namedBy(packages, atom).map((cpv) => (cpv === atom ? `=${cpv}` : parseCpv(cpv).cp));
  // What is none at all is refused in the words of whoever reads atoms.
  return cps.length === 0 ? [atom] : [...new Set(cps)];
}

/** An atom that asks for more than a version is for a resolver. */
function namedBy(packages: readonly PackageView[], atom: string): string[] {
  try {
    return matchingPackages(packages, atom).map(({ cpv }) => cpv);
  } catch {
    return [];
  }
}
