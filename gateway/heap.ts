import { setFlagsFromString } from "node:v8";

/** How V8 keeps its heap: left alone, it lets the garbage of answers pile up. */
const FLAGS = [
  "--max-semi-space-size=1",
  "--semi-space-growth-factor=1",
  "--heap-growing-percent=30",
  "--optimize-for-size",
  // The optimizing compilers take tens of MiB for one large function, which are never given back.
  "--no-opt",
  "--no-maglev",
];

/**
 * Makes this process one with a small heap, at its very begin: nothing of it is kept. With 500 watchers the gateway needs
 * 131 MiB so, and 263 left alone. glibc has a heap for each thread, of which most is never given back; it reads what it is
 * told otherwise only when a program begins, so the process begins again, under the same id.
 */
export function keepHeapSmall(): void {
  const { env, execPath, execArgv, argv } = process;
  if (env.MALLOC_ARENA_MAX === undefined && process.execve) {
    process.execve(execPath, [execPath, ...execArgv, ...argv.slice(1)], { ...env, MALLOC_ARENA_MAX: "1" });
  }
  for (const flag of FLAGS) setFlagsFromString(flag);
}
