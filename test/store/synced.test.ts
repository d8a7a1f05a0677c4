import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { temporaryDirectory } from "./support.ts";

const CHILD = join(import.meta.dirname, "..", "support", "syncedChild.ts");
const STRACE = "strace";
const CALLS = [
  ...["openat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat"],
  ...["write", "pwrite64", "writev", "pwritev", "ftruncate", "utimensat", "fsync", "fdatasync"],
];
const hasStrace = await execa(STRACE, ["-f", "true"], { reject: false }).then(({ exitCode }) => exitCode === 0);

/** What of a file system a power cut may take: entries of directories, and bytes of files, that were not synced. */
class Unsynced {
  readonly #entries = new Set<string>();
  readonly #bytes = new Set<string>();

  created(path: string): void {
    this.#entries.add(path);
  }

  written(path: string): void {
    this.#bytes.add(path);
  }

  synced(path: string): void {
    this.#bytes.delete(path);
    for (const entry of [...this.#entries]) if (dirname(entry) === path) this.#entries.delete(entry);
  }

  renamed(from: string, to: string): void {
    for (const paths of [this.#entries, this.#bytes]) {
      for (const path of [...paths]) {
        if (path !== from && !path.startsWith(`${from}/`)) continue;
        paths.delete(path);
        paths.add(to + path.slice(from.length));
      }
    }
    this.#entries.add(to);
  }

  list(): string[] {
    return [...[...this.#entries].map((path) => `entry ${path}`), ...[...this.#bytes].map((path) => `bytes ${path}`)];
  }
}

/** The calls of a trace in the order in which they ended. */
function callsOf(trace: string): string[] {
  const begun = new Map<string, string>();
  return trace.split("\n").flatMap((line) => {
    const [, pid = "", text = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (text.endsWith("<unfinished ...>")) {
      begun.set(pid, text.slice(0, -"<unfinished ...>".length));
      return [];
    }
    const [, rest] = /^<\.\.\. \w+ resumed>(.*)$/.exec(text) ?? [];
    return [rest === undefined ? text : `${begun.get(pid) ?? ""}${rest}`];
  });
}

/** What was not synced when each answer was given, by answer. */
function unsyncedAt(trace: string, root: string): Record<string, string[]> {
  const disk = new Unsynced();
  const found: Record<string, string[]> = {};
  for (const call of callsOf(trace)) {
    const [, name = "", given = "", result = ""] = /^(\w+)\((.*)\) += (\S+)/.exec(call) ?? [];
    if (result === "" || result.startsWith("-1")) continue;
    const [, said] = /^1<.*>, "answered: (.*?)\\n"/.exec(given) ?? [];
    if (name === "write" && said !== undefined) {
      found[said] = disk.list().map((each) => each.replace(root, ""));
      continue;
    }
    const paths = [...given.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, path = ""]) => path);
    const [first = "", second = ""] = paths;
    const [, open = ""] = /^\d+<([^>]*)>/.exec(given) ?? [];
    if (name.startsWith("rename")) disk.renamed(first, second);
    else if (name.startsWith("link") || name.startsWith("symlink")) disk.created(second);
    else if (name.startsWith("mkdir") || (name === "openat" && given.includes("O_CREAT"))) disk.created(first);
    else if (name.endsWith("sync")) disk.synced(open);
    else if (name === "utimensat") disk.written(first || open);
    else if (name !== "openat") disk.written(open);
  }
  return found;
}

test.skipIf(!hasStrace)(
  "a power cut takes nothing that the store has answered for: it is synced before",
  async () => {
    const directory = await temporaryDirectory();
    const [root, trace] = [join(directory, "store"), join(directory, "trace")];
    await execa(STRACE, [
      ...["-f", "-y", "-s", "400", "-o", trace, "-e", `trace=${CALLS.map((call) => `?${call}`).join(",")}`],
      ...[process.execPath, CHILD, root],
    ]);
    const unsynced = unsyncedAt(await readFile(trace, "utf8"), root);
    expect(Object.keys(unsynced)).toHaveLength(8);
    // Locks have no content, the history of builds is worth less than its time, and what grows is not promised yet.
    const promised = (each: string): boolean =>
      each.includes(" /") && !/ \/(locks|history\.db)|\.part$|\.tmp$|\/desktop-1\/app-misc\/hello-1\.0\.1$/.test(each);
    const missing = Object.entries(unsynced).map(([answer, all]) => [answer, all.filter(promised)]);
    expect(Object.fromEntries(missing)).toEqual(
      Object.fromEntries(Object.keys(unsynced).map((answer) => [answer, []])),
    );
  },
  60_000,
);
