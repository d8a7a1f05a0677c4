import { homedir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { UserError } from "../../model/errors.ts";
import { parseAtom } from "../../portage/atom.ts";
import { ensurePortage } from "../../portage/install.ts";
import { compareVersions } from "../../portage/version.ts";
import { packageRoot } from "../../system/packageRoot.ts";
import { atoms, brokenAtoms, versionPairs } from "./generators.ts";

/** A fixed seed: the same pairs in every run, so that a difference can be looked at again. */
const SEED = 20261121;

const answersSchema = z.object({ versions: z.array(z.number()), atoms: z.array(z.boolean()) });

/** Why a text is no atom, null where it is one. */
function refusalOf(text: string): string | null {
  try {
    parseAtom(text);
    return null;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message;
  }
}

/** The one known difference: the specification forbids it, Portage lets it pass. */
const PORTAGE_LETS_PASS = /the repository name ".*" may not end in a dash and a version/;

test("Portage's own code agrees on the order of 10,000 pairs of versions and on 6,000 texts being atoms or not", {
  timeout: 600_000,
}, async () => {
  const asked = {
    versions: fc.sample(versionPairs, { seed: SEED, numRuns: 10_000 }),
    atoms: fc.sample(fc.oneof(atoms, brokenAtoms), { seed: SEED, numRuns: 6000 }),
  };
  const cacheDir = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "build-swarm");
  const { python } = await ensurePortage({ cacheDir, env: process.env });
  const oracle = join(packageRoot(), "test/portage/oracle.py");
  const { stdout } = await execa(python, [oracle], { input: JSON.stringify(asked) });
  const answers = answersSchema.parse(JSON.parse(stdout));

  const orders = asked.versions.map(([a, b], index) => ({ a, b, ours: compareVersions(a, b), at: index }));
  expect(answers.versions).toHaveLength(10_000);
  expect(orders.filter(({ ours, at }) => ours !== answers.versions[at])).toEqual([]);
  // The pairs would prove little if most were alike.
  for (const order of [-1, 0, 1]) {
    expect(answers.versions.filter((answer) => answer === order).length).toBeGreaterThan(1000);
  }

  const verdicts = asked.atoms.map((text, index) => ({
    text,
    refusal: refusalOf(text),
    portage: answers.atoms[index],
  }));
  const differences = verdicts.filter(({ refusal, portage }) => (refusal === null) !== portage);
  expect(differences.filter(({ refusal }) => !PORTAGE_LETS_PASS.test(refusal ?? ""))).toEqual([]);
  expect(verdicts.filter(({ refusal }) => refusal === null).length).toBeGreaterThan(1000);
  expect(verdicts.filter(({ refusal }) => refusal !== null).length).toBeGreaterThan(1000);
});
