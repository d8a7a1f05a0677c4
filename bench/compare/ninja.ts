import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Contestant, plainWords, slotsOf, type Task } from "./contestant.ts";
import { ended, start } from "./processes.ts";
import { ensurePythonTools } from "./pythonTools.ts";

const VERSION = "1.13.2";

/** A build.ninja whose outputs never appear: each build runs its command after what it needs. */
export function ninjaFile(tasks: readonly Task[]): string {
  const builds = tasks.map(({ needs, command }, i) => {
    const inputs = needs.map((need) => ` p${need}`).join("");
    return `build p${i}: run${inputs}\n  cmd = ${plainWords(command)}\n`;
  });
  return ["rule run\n  command = $cmd\n", ...builds].join("");
}

const tools = (cacheDir: string): Promise<string> => ensurePythonTools(cacheDir, [`ninja==${VERSION}`]);

export const ninja: Contestant = {
  key: "ninja",
  name: "ninja",
  how: "a generated build.ninja, `ninja -jN`",
  prepare: async (cacheDir) => {
    await tools(cacheDir);
    return VERSION;
  },
  run: async ({ tasks, machines, directory, cacheDir, signal, counts }) => {
    const program = join(await tools(cacheDir), "ninja");
    await writeFile(join(directory, "build.ninja"), ninjaFile(tasks));
    const begun = performance.now();
    const args = ["--quiet", `-j${slotsOf(machines)}`];
    const child = start(program, args, { cwd: directory, stdio: ["ignore", "ignore", "inherit"] }, signal);
    if (child.pid !== undefined) counts(child.pid);
    await ended(child, "ninja");
    return (performance.now() - begun) / 1000;
  },
  abilities: {
    "goes on after its coordinator is killed": "no: what is not in its log starts again, by hand",
    "several machines": "no",
    "goes on without a machine that is lost": "no",
    "longest path first": "by number of steps, not by their time",
    "binary packages": "no: it knows files and their times",
  },
  why: "one process that starts the next command itself; one line in a log file is all that it keeps",
};
