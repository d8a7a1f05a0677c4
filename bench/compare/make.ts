import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { UserError } from "../../model/errors.ts";
import { type Contestant, plainWords, slotsOf, type Task } from "./contestant.ts";
import { ended, start } from "./processes.ts";

/** A Makefile whose targets are no files: each runs its command after what it needs. */
export function makefile(tasks: readonly Task[]): string {
  const names = tasks.map((_, i) => `p${i}`).join(" ");
  const rules = tasks.map(({ needs, command }, i) => {
    return `p${i}: ${needs.map((need) => `p${need}`).join(" ")}\n\t@${plainWords(command)}\n`;
  });
  return [`all: ${names}\n`, `.PHONY: all ${names}\n`, ...rules].join("");
}

export const make: Contestant = {
  key: "make",
  name: "GNU make",
  how: "a generated Makefile, `make -jN`",
  prepare: async () => {
    try {
      const { stdout } = await execa("make", ["--version"]);
      return /GNU Make ([\d.]+)/.exec(stdout)?.[1] ?? "unknown";
    } catch {
      throw new UserError("no GNU make on PATH; install it with the system's package manager: apt install make");
    }
  },
  run: async ({ tasks, machines, directory, signal, counts }) => {
    await writeFile(join(directory, "Makefile"), makefile(tasks));
    const args = ["--no-builtin-rules", "--silent", `-j${slotsOf(machines)}`];
    const begun = performance.now();
    const child = start("make", args, { cwd: directory, stdio: ["ignore", "ignore", "inherit"] }, signal);
    if (child.pid !== undefined) counts(child.pid);
    await ended(child, "make");
    return (performance.now() - begun) / 1000;
  },
  abilities: {
    "goes on after its coordinator is killed": "no: what has no file yet starts again, by hand",
    "several machines": "no",
    "goes on without a machine that is lost": "no",
    "longest path first": "no: the Makefile's order",
    "binary packages": "no: it knows files and their times",
  },
  why: "one process that starts the next command itself and keeps nothing: no network, no database, nothing written",
};
