import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { resolveConfig, type Surroundings } from "../../config/defaults.ts";
import { fileSchema } from "../../config/schema.ts";
import { packageRoot } from "../../system/packageRoot.ts";

const sample = await readFile(join(packageRoot(), "config/sample.toml"), "utf8");

/** The sample with every commented-out key and section in force. */
const everythingSet = sample.replace(/^#(?=[a-z_]+ = |\[)/gm, "");

/** The machine that the sample's examples are of. */
const around: Surroundings = {
  home: "/home/ada",
  stateHome: "/home/ada/.local/state",
  cacheHome: "/home/ada/.cache",
  base: "/etc/build-swarm",
  cores: 16,
  memoryGib: 64,
  hostName: "izar.example.org",
};

interface SchemaKey {
  key: string;
  purpose: string;
}

/** Every key of the schema, by its dotted name; a record's or list's members under `*`. */
function keysOf(schema: unknown, prefix: string): SchemaKey[] {
  if (schema instanceof z.ZodOptional && !schema.meta()?.purpose) return keysOf(schema.unwrap(), prefix);
  if (schema instanceof z.ZodOptional && schema.unwrap() instanceof z.ZodRecord) return keysOf(schema.unwrap(), prefix);
  if (schema instanceof z.ZodRecord) return keysOf(schema.valueType, `${prefix}.*`);
  if (schema instanceof z.ZodArray) return keysOf(schema.element, `${prefix}.*`);
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([name, inner]) =>
      keysOf(inner, prefix === "" ? name : `${prefix}.${name}`),
    );
  }
  const purpose = schema instanceof z.ZodType ? schema.meta()?.purpose : undefined;
  return [{ key: prefix, purpose: String(purpose) }];
}

function tomlAt(key: string): unknown {
  return key.split(".").reduce<unknown>((value, part) => {
    if (typeof value !== "object" || value === null) return undefined;
    return Reflect.get(value, part === "*" ? (Object.keys(value)[0] ?? "") : part);
  }, parse(everythingSet));
}

/** The keys of [drones.NAME] besides `dir` are those of [drone], where the sample has them. */
const keys = keysOf(fileSchema, "").filter(({ key }) => !key.startsWith("drones.*.") || key === "drones.*.dir");

describe("the sample file", () => {
  test("sets nothing as it is shipped", () => {
    const shipped = fileSchema.parse(parse(sample));
    expect(resolveConfig(shipped, around)).toEqual(resolveConfig({}, around));
  });

  test("is valid with everything in force", () => {
    expect(fileSchema.safeParse(parse(everythingSet)).error).toBeUndefined();
  });

  test("shows true defaults", () => {
    const { trees, temporal, scheduler, ...set } = resolveConfig(fileSchema.parse(parse(everythingSet)), around);
    const { trees: noTrees, temporal: ownTemporal, scheduler: noLimits, ...defaults } = resolveConfig({}, around);
    const { hooks, webUi, ...gateway } = set.gateway;
    const { channels } = set.alerts;
    expect({
      ...{ ...set, gateway: { ...gateway, hooks: [], webUi: null }, alerts: { ...set.alerts, channels: [] } },
    }).toEqual(defaults);
    expect(channels).toMatchObject([{ name: "phone", kind: "ntfy", minSeverity: "info", smtpPort: 587 }]);
    expect(webUi).toBe("https://temporal.example.org");
    expect(hooks).toEqual([
      {
        ...{ name: "overlay", action: "update", target: "desktop", ref: "refs/heads/main" },
        secretFile: "/home/ada/.local/state/build-swarm/overlay-secret",
      },
    ]);
    // These have no value as default: the sample has examples.
    expect(noTrees).toEqual([]);
    expect(ownTemporal).toEqual({ profile: null, configFile: null });
    expect(noLimits).toEqual({ exclusive: [], memory: [], speculate: false });
    expect(scheduler).toEqual({ exclusive: [], memory: [{ packages: "www-client/*", gib: 24 }], speculate: false });
    expect(trees).toEqual([{ name: "gentoo", sync: "git", uri: "https://example.org/gentoo.git" }]);
    expect(temporal).toEqual({ profile: "farm", configFile: "/home/ada/farm/temporal.toml" });
  });

  test("the schema has keys at all levels", () => {
    expect(keys.map(({ key }) => key)).toEqual(
      expect.arrayContaining(["swarm.name", "binhost.keep_snapshots", "tree.*.uri", "drone.cores", "drones.*.dir"]),
    );
  });

  test.each(keys)("has $key with its purpose above it", ({ key, purpose }) => {
    expect(tomlAt(key)).toBeDefined();
    expect(purpose).toMatch(/^[A-Z].*\.$/);
    const lines = sample.split("\n");
    const wanted = `#${key.split(".").at(-1)} = `;
    const blocks = lines.flatMap((line, index) => {
      if (!line.startsWith(wanted)) return [];
      let first = index;
      while (lines[first - 1]?.startsWith("# ")) first--;
      return [lines.slice(first, index)];
    });
    expect(blocks.map((block) => block.join(" ").replaceAll(" # ", " "))).toContainEqual(
      expect.stringContaining(`# ${purpose}`),
    );
  });
});
