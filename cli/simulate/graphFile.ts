import { readdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { messageOf, usageError } from "../../model/errors.ts";
import type { PackageGraph } from "../../scheduler/packageGraph.ts";
import { nearest } from "../../system/nearest.ts";
import { packageRoot } from "../../system/packageRoot.ts";
import { assembleGraph } from "./assembleGraph.ts";
import { parseGraph } from "./graphSchema.ts";

/** Bytes of a graph file unpacked, at most: forty times the whole tree's. */
const MAX_BYTES = 128 * 2 ** 20;
/** Problems that are told one by one; of more only the number. */
const MAX_PROBLEMS = 100;
const EXTENSION = /\.json(\.gz)?$/;

/**
 * Reads a graph: the name of one that is shipped (`weekly`), or the path of a `.json` or `.json.gz` file.
 * @param cwd what a relative path starts from.
 * @throws UserError with everything that is wrong with it, each with its place.
 */
export async function readGraph(graph: string, cwd: string): Promise<PackageGraph> {
  const file = await locate(graph, cwd);
  const bytes = await readFile(file).catch((error: unknown) => {
    throw usageError(`cannot read the graph ${file}: ${messageOf(error)}`);
  });
  const { found, problems } = parseGraph(toJson(bytes, file));
  const packages = found === null ? [] : assembleGraph(found, problems);
  if (problems.length > 0) {
    const told = problems.slice(0, MAX_PROBLEMS).map((problem) => `${file}: ${problem}`);
    const more = problems.length - told.length;
    throw usageError(more > 0 ? [...told, `${file}: and ${more} more problems`] : told);
  }
  return { name: basename(file).replace(EXTENSION, ""), packages };
}

/** Names of the graphs that come with the swarm. */
export async function shippedGraphs(): Promise<string[]> {
  const files = await readdir(join(packageRoot(), "graphs"));
  return files
    .filter((file) => EXTENSION.test(file))
    .map((file) => file.replace(EXTENSION, ""))
    .sort();
}

async function locate(graph: string, cwd: string): Promise<string> {
  if (graph.includes("/") || EXTENSION.test(graph)) return resolve(cwd, graph);
  const shipped = await shippedGraphs();
  if (shipped.includes(graph)) {
    const files = await readdir(join(packageRoot(), "graphs"));
    const file = files.find((name) => name.replace(EXTENSION, "") === graph);
    return join(packageRoot(), "graphs", file ?? `${graph}.json`);
  }
  const near = nearest(graph, shipped);
  const hint = near === null ? "" : ` Did you mean ${near}?`;
  throw usageError(
    `there is no graph "${graph}".${hint} Shipped are ${shipped.join(", ")}; else give the path of a .json or .json.gz file`,
  );
}

function toJson(bytes: Buffer, file: string): unknown {
  let text: string;
  try {
    const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
    text = (packed ? gunzipSync(bytes, { maxOutputLength: MAX_BYTES }) : bytes).toString("utf8");
  } catch (error) {
    throw usageError(`${file}: cannot be unpacked: ${messageOf(error)}`);
  }
  if (text.trim() === "") throw usageError(`${file}: is empty; a graph is a JSON object with nodes and edges`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usageError(`${file}: is not JSON: ${messageOf(error)}`);
  }
}
