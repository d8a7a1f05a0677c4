import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { messageOf, UserError } from "../../model/errors.ts";
import { withLock } from "../../system/lock.ts";

/**
 * Programs from Python packages, `name==version`, in a virtual environment of their own in the cache directory, made by the
 * first caller. @returns the directory of the programs. @throws UserError where they cannot be had.
 */
export async function ensurePythonTools(cacheDir: string, requirements: readonly string[]): Promise<string> {
  const directory = join(cacheDir, "bench", requirements.join("+"));
  const bin = join(directory, "bin");
  // Written last: an environment without it was interrupted.
  const complete = join(directory, "complete");
  await mkdir(join(cacheDir, "bench"), { recursive: true });
  await withLock(`${directory}.lock`, async () => {
    const isThere = await access(complete).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await rm(directory, { recursive: true, force: true });
    console.log(`Installing ${requirements.join(" and ")} into ${directory} (once)`);
    try {
      await execa("python3", ["-m", "venv", directory]);
      await execa(join(bin, "python3"), ["-m", "pip", "install", "--quiet", ...requirements]);
    } catch (error) {
      throw new UserError(`cannot be installed: ${messageOf(error).split("\n").slice(0, 4).join("; ")}`);
    }
    await writeFile(complete, "");
  });
  return bin;
}
