import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { UserError } from "../model/errors.ts";
import { signalGroup } from "../system/processIdentity.ts";
import type { BuildRoot } from "./buildRoot.ts";

/** Lines of emerge's output that an error shows. */
const ERROR_LINES = 30;
/** emerge ends its phases on SIGTERM; what is left after this long is killed. Milliseconds. */
const GRACE = 5_000;

export interface EmergeOptions {
  signal?: AbortSignal;
  /** Told each line of output. */
  onOutput?: (line: string) => void;
}

export interface EmergeResult {
  output: string;
  seconds: number;
}

/**
 * Runs emerge in a root, in a process group of its own. An abort ends the whole group: emerge alone would leave compilers
 * behind. UserError with emerge's last lines where it fails; the signal's reason where it was aborted.
 */
export async function runEmerge(
  root: BuildRoot,
  args: readonly string[],
  { signal, onOutput }: EmergeOptions = {},
): Promise<EmergeResult> {
  signal?.throwIfAborted();
  const started = performance.now();
  const child = spawn(root.portage.python, [root.bin("emerge"), ...args], {
    cwd: root.path,
    env: root.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on("line", (line) => {
      lines.push(line);
      onOutput?.(line);
    });
  }
  const exited = once(child, "exit");
  const closed = new Promise((resolve) => child.once("close", resolve));
  const { pid } = child;
  let killer: NodeJS.Timeout | undefined;
  const abort = (): void => {
    if (pid === undefined) return;
    signalGroup(pid, "SIGTERM");
    killer = setTimeout(() => signalGroup(pid, "SIGKILL"), GRACE);
  };
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const [code, killedBy] = await exited;
    // A process that outlived emerge would hold our pipe, and work on in directories that are not its own any more.
    if (pid !== undefined) signalGroup(pid, "SIGKILL");
    await closed;
    signal?.throwIfAborted();
    const output = lines.join("\n");
    if (code !== 0) {
      const how = killedBy ? `was ended by ${killedBy}` : `failed with exit code ${code}`;
      throw new UserError([`emerge ${args.join(" ")}`, `  ${how} in ${root.path}:`, ...lastLines(lines)]);
    }
    return { output, seconds: (performance.now() - started) / 1000 };
  } finally {
    signal?.removeEventListener("abort", abort);
    clearTimeout(killer);
  }
}

const lastLines = (lines: readonly string[]): string[] =>
  lines
    .filter((line) => line.trim() !== "")
    .slice(-ERROR_LINES)
    .map((line) => `    ${line}`);
