import { type ClientRoot, type ClientRootOptions, createClientRoot } from "../portage/client.ts";
import { type EmergeOptions, runEmerge } from "../portage/emerge.ts";
import { OLDER_PACKAGES } from "./expected.ts";

/**
 * Makes the demo's client: a machine that installed some packages of the demo's tree a while ago, by compiling them, and
 * was not updated since. Its world asks for more than it has.
 */
export async function makeDemoClient(options: ClientRootOptions & EmergeOptions): Promise<ClientRoot> {
  const root = await createClientRoot(options);
  const atoms = OLDER_PACKAGES.map((cpv) => `=${cpv}`);
  // --oneshot: the world is the target's.
  await runEmerge(root, ["--quiet", "--oneshot", "--jobs=2", ...atoms], options);
  return root;
}
