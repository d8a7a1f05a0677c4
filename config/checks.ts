import type { Problem } from "./problems.ts";
import type { SwarmConfig } from "./schema.ts";

/** One problem for each thing that is used a second time. */
function repeated<T>(
  entries: { value: T; path: PropertyKey[] }[],
  word: (value: T, first: string) => string,
): Problem[] {
  const seen = new Map<T, string>();
  return entries.flatMap(({ value, path }) => {
    const first = seen.get(value);
    if (first === undefined) {
      seen.set(value, path.join("."));
      return [];
    }
    return [{ path, text: word(value, first) }];
  });
}

/** What is wrong between values that are each right. */
export function checkTogether(config: SwarmConfig): Problem[] {
  const ports = [
    { value: config.devServer.port, path: ["dev_server", "port"] },
    { value: config.devServer.uiPort, path: ["dev_server", "ui_port"] },
    { value: config.binhost.port, path: ["binhost", "port"] },
  ].filter((entry) => entry.value !== 0);
  const trees = config.trees.map((tree, index) => ({ value: tree.name, path: ["tree", index, "name"] }));
  const directories = Object.entries(config.drones).map(([name, drone]) => ({
    value: drone.dir,
    path: ["drones", name, "dir"],
  }));
  const rsync = config.trees.flatMap((tree, index) =>
    tree.sync === "rsync" && !tree.uri.startsWith("rsync://")
      ? [
          {
            path: ["tree", index, "uri"],
            text: `tree[${index + 1}].uri must be an rsync:// address, not "${tree.uri}"`,
          },
        ]
      : [],
  );
  return [
    ...repeated(ports, (port, first) => `port ${port} is already that of ${first}: choose another`),
    ...repeated(trees, (name) => `a second tree has the name "${name}": names must differ`),
    ...repeated(directories, (dir, first) => `${dir} is already ${first}: each drone needs a directory of its own`),
    ...rsync,
  ];
}
