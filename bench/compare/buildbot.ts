import { randomBytes } from "node:crypto";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { z } from "zod";
import { packageRoot } from "../../system/packageRoot.ts";
import { freePort } from "../../system/ports.ts";
import type { Contestant, Job } from "./contestant.ts";
import { killTree, start } from "./processes.ts";
import { ensurePythonTools } from "./pythonTools.ts";

const VERSION = "4.3.0";

const tools = (cacheDir: string): Promise<string> =>
  ensurePythonTools(cacheDir, [`buildbot==${VERSION}`, `buildbot-worker==${VERSION}`]);

const resultSchema = z.object({ seconds: z.number(), failed: z.number() });

/** Starts a master and its workers, waits for the result that the master writes, ends them. */
async function run({ tasks, machines, directory, cacheDir, signal, counts }: Job): Promise<number> {
  const bin = await tools(cacheDir);
  const master = join(directory, "master");
  const [port, password] = [await freePort("127.0.0.1"), randomBytes(12).toString("hex")];
  const once = { cwd: directory, cancelSignal: signal };
  await execa(join(bin, "buildbot"), ["create-master", "--db", "sqlite:///state.sqlite", master], once);
  await copyFile(join(packageRoot(), "bench/compare/buildbot/master.cfg"), join(master, "master.cfg"));
  const graph = tasks.map(({ name, needs, command, remaining }) => {
    return { name, needs, command, priority: Math.round(remaining * 1000) };
  });
  await writeFile(join(master, "graph.json"), JSON.stringify({ port, password, workers: machines, tasks: graph }));
  const children = [start(join(bin, "buildbot"), ["start", "--nodaemon", master], { stdio: "ignore" }, signal)];
  try {
    for (const { name } of machines) {
      const worker = join(directory, name);
      await execa(join(bin, "buildbot-worker"), ["create-worker", worker, `127.0.0.1:${port}`, name, password], once);
      children.push(start(join(bin, "buildbot-worker"), ["start", "--nodaemon", worker], { stdio: "ignore" }, signal));
    }
    for (const { pid } of children) if (pid !== undefined) counts(pid);
    for (;;) {
      signal.throwIfAborted();
      const text = await readFile(join(master, "result.json"), "utf8").catch(() => null);
      if (text !== null) {
        const { seconds, failed } = resultSchema.parse(JSON.parse(text));
        if (failed > 0) throw new Error(`Buildbot: ${failed} builds failed`);
        return seconds;
      }
      if (children[0]?.exitCode !== null) throw new Error(`Buildbot's master ended; see ${master}/twistd.log`);
      await sleep(100);
    }
  } finally {
    for (const child of children) killTree(child);
  }
}

export const buildbot: Contestant = {
  key: "buildbot",
  name: "Buildbot",
  how: "one master with SQLite, four local workers, one builder; a scheduler of ours (bench/compare/buildbot/master.cfg) requests what is ready, longest path first: Buildbot's own follow no graph",
  prepare: async (cacheDir) => {
    await tools(cacheDir);
    return VERSION;
  },
  run,
  most: 300,
  abilities: {
    "goes on after its coordinator is killed":
      "in part: running builds start again; where the graph was, one must program",
    "several machines": "yes",
    "goes on without a machine that is lost": "yes",
    "longest path first": "no: requests have priorities, which one must compute and program",
    "binary packages": "no: steps run commands; what they make, one must program",
  },
  why: "its master does about a hundred database transactions for each build (requests, steps, properties, logs), one after another: the whole graph would take the bench several minutes for each case",
};
