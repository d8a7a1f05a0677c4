import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, realpath, rm } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { messageOf, UserError } from "../model/errors.ts";
import { writeFileAtomic } from "../system/atomicFile.ts";
import { withLock } from "../system/lock.ts";

/** The Portage that is installed where the system has none. */
export const PORTAGE_VERSION = "3.0.83";

/** A Portage that works on this machine. */
export interface PortageInstallation {
  /** The Python that can import it. */
  python: string;
  /** Directory that holds the modules `portage` and `_emerge`. */
  sitePackages: string;
  /** The prefix that this Portage was installed for: `/`, or the private virtual environment. */
  prefixDir: string;
  /** Where its make.globals and sets are, relative to a prefix: `share/portage/config`. */
  globalConfig: string;
  /** Directory of emerge, ebuild, emaint, portageq, quickpkg. */
  bin: string;
  version: string;
  /** `system`: what `emerge` on PATH belongs to; `private`: our own, in the cache directory. */
  origin: "system" | "private";
}

export interface EnsurePortageOptions {
  cacheDir: string;
  env: NodeJS.ProcessEnv;
  /** Told what takes long, one line at a time. */
  onProgress?: (message: string) => void;
}

/**
 * The system's own Portage where `emerge` is on PATH; else a private one, installed into `cacheDir` by the first caller.
 * Any number of processes may call it at once. UserError where neither can be had, with what to install.
 */
export async function ensurePortage(options: EnsurePortageOptions): Promise<PortageInstallation> {
  return (
    (await findPortage(options)) ??
    (await withLock(
      join(options.cacheDir, "portage.lock"),
      // Whoever had the lock before may have installed it meanwhile.
      async () => (await findPrivate(options)) ?? (await installPrivate(options)),
      { onWait: () => options.onProgress?.("Waiting for another process that installs Portage") },
    ))
  );
}

/** The Portage that ensurePortage would give without installing one; null where there is none. */
export async function findPortage(options: EnsurePortageOptions): Promise<PortageInstallation | null> {
  return (await findSystem(options.env)) ?? (await findPrivate(options));
}

/** What a Python says of the Portage that it imports. EPREFIX is empty for a system's own. */
const PROBE = `
import json, os, portage
from portage import const
print(json.dumps({"sitePackages": os.path.dirname(os.path.dirname(os.path.realpath(portage.__file__))), "version": portage.VERSION,
  "prefixDir": const.EPREFIX or "/", "globalConfig": const.GLOBAL_CONFIG_PATH.lstrip("/")}))
`;

const probeSchema = z.object({
  sitePackages: z.string(),
  version: z.string(),
  prefixDir: z.string(),
  globalConfig: z.string(),
});

async function probe(
  python: string,
  bin: string,
  origin: PortageInstallation["origin"],
  env: NodeJS.ProcessEnv,
): Promise<PortageInstallation | null> {
  const { PORTAGE_OVERRIDE_EPREFIX: _ours, PYTHONPATH: _modules, ...clean } = env;
  try {
    const { stdout } = await execa(python, ["-c", PROBE], {
      env: clean,
      extendEnv: false,
      timeout: 60_000,
      stderr: "ignore",
    });
    return { python, bin, origin, ...probeSchema.parse(JSON.parse(stdout)) };
  } catch {
    return null;
  }
}

async function findSystem(env: NodeJS.ProcessEnv): Promise<PortageInstallation | null> {
  for (const directory of (env.PATH ?? "").split(delimiter)) {
    if (!directory.startsWith("/")) continue;
    const found = await interpreters(join(directory, "emerge"));
    for (const python of found) {
      const installation = await probe(python, directory, "system", env);
      if (installation) return installation;
    }
  }
  return null;
}

/** The Pythons that may run this emerge. On Gentoo it is a link to python-exec, which has no shebang of a Python. */
async function interpreters(emerge: string): Promise<string[]> {
  try {
    const [first = ""] = (await readFile(await realpath(emerge), "latin1")).split("\n", 1);
    const [program = "", argument = ""] = first.startsWith("#!") ? first.slice(2).trim().split(/\s+/) : [];
    if (program.endsWith("/env") && argument.startsWith("python")) return [argument];
    return program.startsWith("/") && !program.includes("python-exec") ? [program, "python3"] : ["python3"];
  } catch {
    return [];
  }
}

/** Names the directory of the finished installation: it is written last, so an interrupted one is never found. */
const recordFile = (cacheDir: string): string => join(cacheDir, `portage-${PORTAGE_VERSION}.json`);
const recordSchema = z.object({ directory: z.string() });

async function findPrivate({ cacheDir, env }: EnsurePortageOptions): Promise<PortageInstallation | null> {
  let record: z.infer<typeof recordSchema>;
  try {
    record = recordSchema.parse(JSON.parse(await readFile(recordFile(cacheDir), "utf8")));
  } catch {
    return null;
  }
  const bin = join(record.directory, "bin");
  // An environment dies with the Python that it was made of, so it is asked each time.
  return await probe(join(bin, "python3"), bin, "private", env);
}

/**
 * A virtual environment is bound to its path, so it cannot be made elsewhere and renamed: each try has a directory of its
 * own, and the record that points to the finished one is what appears atomically. A pip that outlives its killed parent
 * thus never writes into the environment that the next try makes.
 */
async function installPrivate({ cacheDir, env, onProgress }: EnsurePortageOptions): Promise<PortageInstallation> {
  await mkdir(cacheDir, { recursive: true });
  for (const name of await readdir(cacheDir)) {
    if (name.startsWith(`portage-${PORTAGE_VERSION}-`))
      await rm(join(cacheDir, name), { recursive: true, force: true });
  }
  const directory = join(await realpath(cacheDir), `portage-${PORTAGE_VERSION}-${randomBytes(4).toString("hex")}`);
  const bin = join(directory, "bin");
  const python = join(bin, "python3");
  onProgress?.(`Installing Portage ${PORTAGE_VERSION} into ${directory} (once, about 15 s)`);
  await attempt("python3", ["-m", "venv", directory], env);
  const requirement = `portage==${PORTAGE_VERSION}`;
  await attempt(
    python,
    ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", requirement],
    env,
  );
  const installation = await probe(python, bin, "private", env);
  if (!installation) throw cannotInstall(`${python} -c "import portage"`, "the installed module cannot be imported");
  await writeFileAtomic(recordFile(cacheDir), JSON.stringify({ directory }));
  onProgress?.(`Portage ${PORTAGE_VERSION} is installed in ${dirname(bin)}`);
  return installation;
}

async function attempt(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { PYTHONPATH: _modules, PYTHONHOME: _home, ...clean } = env;
  try {
    await execa(program, args, { env: clean, extendEnv: false, all: true, stdin: "ignore" });
  } catch (error) {
    const output =
      typeof error === "object" && error && "all" in error && typeof error.all === "string" ? error.all : "";
    const detail = output.trim() || messageOf(error);
    throw cannotInstall([program, ...args].join(" "), detail.split("\n").slice(-8).join("\n    "));
  }
}

function cannotInstall(command: string, detail: string): UserError {
  return new UserError([
    "There is no Portage on this machine, and it cannot be installed:",
    "  tried: `emerge` on PATH: not there, or its Python cannot import portage",
    `  tried: ${command}`,
    `    ${detail}`,
    "It needs Python 3.9 or newer with venv and pip, and a package index that pip can reach. Install them:",
    "  Debian, Ubuntu: apt install python3 python3-venv python3-pip",
    "  Fedora:         dnf install python3 python3-pip",
    "  Arch:           pacman -S python python-pip",
    "On Gentoo, where Portage belongs to the system, make sure that `emerge` is on PATH.",
  ]);
}
