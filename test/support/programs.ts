import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";

/** Programs that some tests need beside what the README asks for, by Debian's names. */
const PROGRAMS = ["rsync", "tmux", "chromium", "strace"];
/** What Chromium draws with: a bare machine has none. */
const FONTS = "fonts-dejavu-core";

/**
 * Installs what is missing of the programs that only tests need, where this is root's machine and apt is its package manager.
 * Elsewhere the tests that need them are skipped, each with its reason.
 */
export async function installPrograms(log: (line: string) => void): Promise<void> {
  const missing = PROGRAMS.filter((program) => !isThere(program));
  if (missing.length === 0) return;
  const names = missing.join(", ");
  if (process.getuid?.() !== 0 || !isThere("apt-get")) {
    return log(`Without ${names} some tests are skipped. Install them to run all.`);
  }
  log(`Installing ${names}, which some tests need...`);
  const options = { reject: false, env: { DEBIAN_FRONTEND: "noninteractive" } } as const;
  const wait = ["-o", "DPkg::Lock::Timeout=300", "-q"];
  await execa("apt-get", [...wait, "update"], options);
  const installed = await execa(
    "apt-get",
    [...wait, "install", "-y", "--no-install-recommends", FONTS, ...missing],
    options,
  );
  if (installed.failed) log(`apt-get could not install ${names}: their tests are skipped.\n${installed.stderr}`);
}

function isThere(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((directory) => existsSync(join(directory, program)));
}
