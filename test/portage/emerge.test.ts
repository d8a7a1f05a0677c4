import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeDemoTarget, makeDemoTree } from "../../demo/material.ts";
import { UserError } from "../../model/errors.ts";
import { type BuildRoot, createBuildRoot } from "../../portage/buildRoot.ts";
import { runEmerge } from "../../portage/emerge.ts";
import { ensurePortage } from "../../portage/install.ts";
import { installedPackages } from "../../portage/installed.ts";
import { readTargetDirectory } from "../../portage/targetDirectory.ts";
import { findMarkedProcesses } from "../../system/markedProcesses.ts";

let scratch: string;
let root: BuildRoot;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "swarm-emerge-"));
  const [treeDir, distfilesDir, targetDir] = [
    join(scratch, "tree"),
    join(scratch, "distfiles"),
    join(scratch, "target"),
  ];
  await makeDemoTree({ from: "first", treeDir, distfilesDir });
  await makeDemoTarget({ from: "first", targetDir });
  const cacheDir = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "build-swarm");
  const path = join(scratch, "root");
  root = await createBuildRoot({
    path,
    portage: await ensurePortage({ cacheDir, env: process.env }),
    bundle: await readTargetDirectory(targetDir, "desktop"),
    trees: { demo: treeDir },
    settings: {
      makeJobs: 1,
      distfiles: [distfilesDir],
      distdir: join(path, "var/cache/distfiles"),
      pkgdir: join(path, "var/cache/binpkgs"),
    },
  });
});

afterAll(() => rm(scratch, { recursive: true, force: true }));

const processesInRoot = () => findMarkedProcesses("PORTAGE_OVERRIDE_EPREFIX", root.path);

test("an abort ends emerge and everything that it started", async () => {
  // A compiler that is still at it when the abort comes, whatever the machine's speed.
  await writeFile(join(root.path, "etc/portage/bashrc"), 'pre_src_compile() { echo "compiling now"; sleep 600; }\n');
  const controller = new AbortController();
  let during = 0;
  const build = runEmerge(root, ["--oneshot", "--quiet-build=n", "dev-util/embedtext"], {
    signal: controller.signal,
    onOutput: (line) => {
      if (!line.includes("compiling now")) return;
      during = processesInRoot().length;
      controller.abort(new Error("changed my mind"));
    },
  });
  await expect(build).rejects.toThrow("changed my mind");
  expect(during).toBeGreaterThan(1);
  await expect.poll(() => processesInRoot().length, { timeout: 5_000 }).toBe(0);
  expect([...(await installedPackages(root.path)).keys()]).toEqual([]);
  await rm(join(root.path, "etc/portage/bashrc"));
});

test("a build of the same package succeeds after the aborted one", async () => {
  const { seconds, output } = await runEmerge(root, ["--oneshot", "--quiet", "dev-util/embedtext"]);
  expect(seconds).toBeGreaterThan(0);
  expect(output).toContain("Emerging (1 of 1) dev-util/embedtext-1.2::demo");
  expect([...(await installedPackages(root.path)).keys()]).toEqual(["dev-util/embedtext-1.2"]);
});

test("a failure is told in emerge's own last lines, with the command", async () => {
  const failed = runEmerge(root, ["--oneshot", "dev-libs/missing"]);
  await expect(failed).rejects.toBeInstanceOf(UserError);
  await expect(failed).rejects.toThrow(/emerge --oneshot dev-libs\/missing\n.*exit code 1[\s\S]*no ebuilds to satisfy/);
});
