import { extname, join } from "node:path";
import { packageRoot } from "./packageRoot.ts";

/** The program of the `swarm` command for this Node: the launcher of the compiled one (it has a compile cache), or the sources. */
export function commandEntry(): string {
  return join(packageRoot(), extname(import.meta.filename) === ".js" ? "bin/swarm" : "cli/main.ts");
}
