import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The directory of this project's package.json, from the sources as well as from dist/. */
export function packageRoot(): string {
  let directory = import.meta.dirname;
  while (!existsSync(join(directory, "package.json"))) directory = dirname(directory);
  return directory;
}
