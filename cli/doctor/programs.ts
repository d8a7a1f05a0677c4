import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import type { SwarmConfig } from "../../config/schema.ts";
import { findPortage, PORTAGE_VERSION } from "../../portage/install.ts";
import { type Check, ROLES, type RoleName } from "./check.ts";

/** A program that a role starts, and the packages that bring it. */
interface Program {
  /** Any of these will do. */
  names: readonly string[];
  why: string;
  debian: string;
  roles: readonly RoleName[];
}

const BUILDERS = ["drone", "client"] as const satisfies readonly RoleName[];

const PROGRAMS: readonly Program[] = [
  { names: ["bash"], why: "ebuilds are bash", debian: "bash", roles: BUILDERS },
  { names: ["cc", "gcc", "clang"], why: "C compiler", debian: "build-essential", roles: ["drone"] },
  { names: ["make"], why: "builds", debian: "make", roles: ["drone"] },
  { names: ["tar"], why: "unpacks sources and packages", debian: "tar", roles: BUILDERS },
  { names: ["zstd"], why: "compression of binary packages", debian: "zstd", roles: BUILDERS },
  { names: ["wget", "curl"], why: "Portage fetches with it", debian: "wget", roles: BUILDERS },
];

/** Node itself, and every program that some role starts. */
export async function checkPrograms(config: SwarmConfig, env: NodeJS.ProcessEnv): Promise<Check[]> {
  const synced = config.trees.map((tree) => tree.sync);
  const wanted = [...PROGRAMS];
  for (const tool of ["git", "rsync"] as const) {
    if (synced.includes(tool)) {
      wanted.push({ names: [tool], why: `a [[tree]] has sync = "${tool}"`, debian: tool, roles: ["drone"] });
    }
  }
  return [checkNode(), ...(await Promise.all(wanted.map((program) => checkProgram(program, env))))];
}

function checkNode(): Check {
  const good = Number(process.versions.node.split(".")[0]) >= 24;
  return {
    name: "Node.js",
    verdict: good ? "ok" : "bad",
    found: `${process.version}, ${process.execPath}`,
    fix: good ? null : "install Node 24 or newer, or run: npm ci",
    roles: ROLES,
  };
}

async function checkProgram({ names, why, debian, roles }: Program, env: NodeJS.ProcessEnv): Promise<Check> {
  const paths = await Promise.all(names.map((name) => findProgram(name, env)));
  const path = paths.find((each) => each !== null) ?? null;
  return {
    name: names[0] ?? "",
    verdict: path === null ? "bad" : "ok",
    found: path ?? `not on PATH (${why})`,
    fix: path === null ? `apt install ${debian}, or what brings ${names.join(" or ")} on this system` : null,
    roles,
  };
}

/** The absolute path of a program on PATH, null where there is none. */
export async function findProgram(name: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  for (const directory of (env.PATH ?? "").split(delimiter)) {
    if (!directory.startsWith("/")) continue;
    const path = join(directory, name);
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return path;
  }
  return null;
}

/** Portage, or what it takes to install it. */
export async function checkPortage(config: SwarmConfig, env: NodeJS.ProcessEnv): Promise<Check[]> {
  const portage = await findPortage({ cacheDir: config.swarm.cacheDir, env });
  if (portage) {
    const where = portage.origin === "system" ? `the system's, ${portage.bin}` : `private, ${portage.bin}`;
    return [{ name: "Portage", verdict: "ok", found: `${portage.version}, ${where}`, fix: null, roles: BUILDERS }];
  }
  const python = await checkPython();
  const found =
    python.verdict === "ok" ? `not here; ${PORTAGE_VERSION} is installed at the first start of a drone` : "not here";
  return [
    python,
    { name: "Portage", verdict: python.verdict === "ok" ? "note" : "bad", found, fix: null, roles: BUILDERS },
  ];
}

/** A private Portage needs Python 3.9 or newer with venv and pip. */
async function checkPython(): Promise<Check> {
  const fix =
    "apt install python3 python3-venv python3-pip, or what brings Python 3.9 with venv and pip on this system";
  const program = "import ensurepip, sys, venv; print(sys.version.split()[0]); sys.exit(sys.version_info < (3, 9))";
  const result = await execa("python3", ["-c", program], { reject: false, timeout: 20_000 });
  const good = result.exitCode === 0;
  const version = result.stdout || "not on PATH, or without venv";
  return { name: "Python", verdict: good ? "ok" : "bad", found: version, fix: good ? null : fix, roles: BUILDERS };
}
