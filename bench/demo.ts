import { cpus } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { connectClient } from "../connection/client.ts";
import { EXPECTED_BUILDS } from "../demo/expected.ts";
import { makeDemoTarget, makeDemoTree } from "../demo/material.ts";
import { Screen } from "../demo/screen.ts";
import { clearStage, type Stage, setStage } from "../demo/stage.ts";
import type { PackageView, RunView } from "../model/run.ts";
import { rootPath } from "../portage/buildRoot.ts";
import { ensurePortage } from "../portage/install.ts";
import { readTargetDirectory } from "../portage/targetDirectory.ts";
import { commandEntry } from "../system/commandEntry.ts";
import { packagesQuery, runQuery, worldUpdateId } from "../workflows/messages.ts";
import { emergeBaseline } from "./baseline.ts";

/** Wall seconds of the same packages on the same machine. */
export interface DemoFigures {
  packages: number;
  /** One `emerge --jobs=2`. */
  emerge: number;
  /** The swarm: from `run-update` to the published snapshot. */
  swarm: number;
  /** The goal is at most 1.3. */
  ratio: number;
  /** Where the swarm's time goes: before the first build, from there to the gate, finalize. */
  parts: { resolve: number; build: number; publish: number };
}

const TARGET = "desktop";

/**
 * The demo's first update against one emerge of the same packages. The emerge comes first: it warms no cache of ours.
 * `signal`: ends it, and everything that it has started.
 */
export async function benchDemo({ signal }: { signal?: AbortSignal } = {}): Promise<DemoFigures> {
  const stage = await setStage();
  const swarm = async (...args: string[]): Promise<void> => {
    const { env, directory } = stage;
    await execa(process.execPath, [commandEntry(), ...args], {
      ...{ env, extendEnv: false, cwd: directory, ...(signal && { cancelSignal: signal }) },
      stdin: "ignore",
    });
  };
  try {
    const { treeDir, distfilesDir, targetDir } = stage;
    await makeDemoTree({ from: "first", treeDir, distfilesDir });
    await makeDemoTarget({ from: "first", targetDir });
    const emerge = await emergeAlone(stage, signal);
    for (const args of [["up"], ["target", "put", `./${TARGET}`]]) await swarm(...args);
    await swarm("run-update");
    const { view, packages } = await ended(stage);
    const start = performance.now();
    await swarm("finalize");
    const publish = (performance.now() - start) / 1000;
    const firstBuild = Math.min(...packages.flatMap((p) => p.attempts.map((attempt) => attempt.startedAt)));
    const parts = {
      resolve: (firstBuild - view.startedAt) / 1000,
      build: (view.stepSince - firstBuild) / 1000,
      publish,
    };
    const total = parts.resolve + parts.build + parts.publish;
    const ratio = total / emerge;
    console.log(`emerge ${emerge.toFixed(1)} s, swarm ${total.toFixed(1)} s: ratio ${ratio.toFixed(2)}`, parts);
    return { packages: packages.length, emerge, swarm: total, ratio, parts };
  } finally {
    await clearStage(stage, new Screen());
  }
}

async function emergeAlone(stage: Stage, signal: AbortSignal | undefined): Promise<number> {
  const { config, env, directory, targetDir, treeDir, distfilesDir, prefixLength } = stage;
  const { seconds, packages } = await emergeBaseline({
    path: rootPath(join(directory, "alone"), TARGET, prefixLength),
    portage: await ensurePortage({ cacheDir: config.swarm.cacheDir, env, onProgress: console.log }),
    bundle: await readTargetDirectory(targetDir, TARGET),
    trees: { demo: treeDir },
    distfiles: [distfilesDir],
    makeJobs: cpus().length,
    ...(signal && { signal }),
  });
  const missing = EXPECTED_BUILDS.first.filter((cpv) => !packages.includes(cpv));
  if (missing.length > 0) throw new Error(`the emerge did not build ${missing.join(", ")}`);
  return seconds;
}

async function ended({ config }: Stage): Promise<{ view: RunView; packages: PackageView[] }> {
  const client = await connectClient(config);
  const handle = client.workflow.getHandle(worldUpdateId(TARGET));
  const [view, packages] = await Promise.all([handle.query(runQuery), handle.query(packagesQuery)]);
  await client.connection.close();
  if (view.step !== "gate" || view.counts.failed > 0) throw new Error(`the run is at ${view.step}: ${view.reason}`);
  return { view, packages };
}
