import { checkChannels } from "./alerts.ts";
import type { Problem } from "./problems.ts";
import type { SwarmConfig } from "./schema.ts";

interface Entry {
  value: number | string;
  path: PropertyKey[];
}

/** One problem for each value that is used a second time. */
function repeated(entries: Entry[], why: string): Problem[] {
  const seen = new Map<Entry["value"], PropertyKey[]>();
  return entries.flatMap(({ value, path }) => {
    const first = seen.get(value);
    if (first === undefined) {
      seen.set(value, path);
      return [];
    }
    return [{ path, otherPath: first, text: `${first.join(".")} and ${path.join(".")} are both ${value}: ${why}` }];
  });
}

/** What is wrong between values that are each right. */
export function checkTogether(config: SwarmConfig): Problem[] {
  const ports = [
    { value: config.devServer.port, path: ["dev_server", "port"] },
    { value: config.devServer.uiPort, path: ["dev_server", "ui_port"] },
    { value: config.binhost.port, path: ["binhost", "port"] },
    { value: config.gateway.port, path: ["gateway", "port"] },
    { value: config.metrics.port, path: ["metrics", "port"] },
  ].filter((entry) => entry.value !== 0);
  const directories = Object.entries(config.drones).map(([name, drone]) => ({
    value: drone.dir,
    path: ["drones", name, "dir"],
  }));
  const trees = config.trees.flatMap(({ name, sync, uri }, index): Problem[] => {
    const problems: Problem[] = [];
    if (config.trees.findIndex((tree) => tree.name === name) < index) {
      problems.push({ path: ["tree", index, "name"], text: `a second tree has the name "${name}": names must differ` });
    }
    if (sync === "rsync" && !uri.startsWith("rsync://")) {
      const text = `tree[${index + 1}].uri must be an rsync:// address, not "${uri}"`;
      problems.push({ path: ["tree", index, "uri"], text });
    }
    return problems;
  });
  const hooks = config.gateway.hooks.map(({ name }, index) => ({
    value: name,
    path: ["gateway", "hook", index, "name"],
  }));
  const services = (["orchestrators", "binhosts"] as const).flatMap((key): Problem[] => {
    const names = config.gateway[key].map(({ name }) => name);
    const again = names.find((name, index) => names.indexOf(name) < index);
    if (again === undefined) return [];
    return [{ path: ["gateway", key], text: `gateway.${key} has two of the name "${again}": names must differ` }];
  });
  return [
    ...services,
    ...repeated(hooks, "each hook needs a name of its own"),
    ...repeated(ports, "ports must differ"),
    ...repeated(directories, "each drone needs a directory of its own"),
    ...trees,
    ...checkChannels(config.alerts.channels),
  ];
}
