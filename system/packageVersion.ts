import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "./packageRoot.ts";

/** The version of Build Swarm that runs. */
export function packageVersion(): string {
  const text: unknown = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8"));
  return typeof text === "object" && text !== null && "version" in text ? String(text.version) : "unknown";
}
