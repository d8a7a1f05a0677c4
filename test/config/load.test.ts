import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { droneConfig } from "../../config/drones.ts";
import { loadConfig } from "../../config/load.ts";
import { configRows } from "../../config/show.ts";
import { UserError } from "../../model/errors.ts";

let directory: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "swarm-config-"));
  env = { HOME: "/home/ada" };
});

afterEach(() => rm(directory, { recursive: true }));

async function write(name: string, text: string): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, text);
  return file;
}

async function load(text: string) {
  return loadConfig({ path: await write("swarm.toml", text), env, cwd: directory });
}

async function problemsOf(text: string): Promise<readonly string[]> {
  const error: unknown = await load(text).catch((thrown: unknown) => thrown);
  if (!(error instanceof UserError)) throw new Error("the configuration was accepted");
  expect(error.exitCode).toBe(2);
  return error.problems.map((problem) => problem.replaceAll(`${directory}/`, ""));
}

describe("search order", () => {
  test("--config before SWARM_CONFIG before ./swarm.toml", async () => {
    await write("swarm.toml", '[swarm]\nname = "here"');
    await write("other.toml", '[swarm]\nname = "variable"');
    await write("third.toml", '[swarm]\nname = "option"');
    const nameFrom = async (from: { path?: string; variable?: string }) => {
      const { variable, ...rest } = from;
      const loaded = await loadConfig({ ...rest, env: { ...env, SWARM_CONFIG: variable }, cwd: directory });
      return loaded.config.swarm.name;
    };
    expect(await nameFrom({})).toBe("here");
    expect(await nameFrom({ variable: "other.toml" })).toBe("variable");
    expect(await nameFrom({ variable: "other.toml", path: "third.toml" })).toBe("option");
  });

  test("without a file everything has its default", async () => {
    const { config, file, origins } = await loadConfig({ env, cwd: directory });
    expect(file).toBeNull();
    expect(config.swarm).toEqual({
      name: "home",
      stateDir: "/home/ada/.local/state/build-swarm",
      cacheDir: "/home/ada/.cache/build-swarm",
      tokenFile: "/home/ada/.local/state/build-swarm/token",
    });
    expect(config.droneDefaults.maxJobs).toBe(availableParallelism());
    expect(new Set(Object.values(origins))).toEqual(new Set(["default"]));
  });

  test("a named file that is missing is an error, whoever names it", async () => {
    await expect(loadConfig({ path: "no.toml", env, cwd: directory })).rejects.toThrow(
      `${directory}/no.toml: there is no such configuration file (--config names it)`,
    );
    await expect(loadConfig({ env: { SWARM_CONFIG: "/no.toml" }, cwd: directory })).rejects.toThrow(
      "/no.toml: there is no such configuration file (SWARM_CONFIG names it)",
    );
  });

  test("a directory and a file of bytes are refused with the reason", async () => {
    await mkdir(join(directory, "dir"));
    await expect(loadConfig({ path: "dir", env, cwd: directory })).rejects.toThrow(/dir: cannot be read: EISDIR/);
    await writeFile(join(directory, "bytes"), Uint8Array.of(0x23, 0xff, 0xfe));
    await expect(loadConfig({ path: "bytes", env, cwd: directory })).rejects.toThrow("it is not UTF-8 text");
  });
});

describe("mistakes", () => {
  test("three at once are all reported, with line, value, default and unit", async () => {
    const text = '[swarm]\nnmae = "x"\n\n[build]\nno_output_minutes = "sixty"\n[dev_server]\nport = 70000\n';
    expect(await problemsOf(text)).toEqual([
      'swarm.toml:2: unknown key "swarm.nmae": did you mean "name"?',
      'swarm.toml:5: build.no_output_minutes must be a whole number of minutes from 1 to 10080, not "sixty" (default: 60)',
      "swarm.toml:7: dev_server.port must be a TCP port from 1 to 65535, or 0 for a free one, not 70000 (default: 7233)",
    ]);
  });

  test("a syntax error has line and column", async () => {
    const [problem] = await problemsOf("[swarm]\nname = \n");
    expect(problem).toMatch(/^swarm\.toml:2:8: not valid TOML: /);
  });

  test("unknown sections, and keys that nothing is near to", async () => {
    expect(await problemsOf("[binhsot]\nport = 1\n[up]\nzzz = 1")).toEqual([
      'swarm.toml:1: unknown section or key "binhsot": did you mean "binhost"?',
      'swarm.toml:4: unknown key "up.zzz": known in [up]: orchestrators, drones',
    ]);
  });

  test("a section that is a plain value", async () => {
    expect(await problemsOf("swarm = 3")).toEqual(["swarm.toml:1: swarm must be a section: [swarm], not 3"]);
  });

  test("a tree without an address, in the second of two", async () => {
    const text = '[[tree]]\nname = "a"\nsync = "git"\nuri = "x"\n[[tree]]\nname = "b"\nsync = "cvs"\n';
    expect(await problemsOf(text)).toEqual([
      expect.stringMatching(/^swarm\.toml:5: tree\[2\]\.uri is missing: it must be /),
      'swarm.toml:7: tree[2].sync must be one of "git", "rsync", "directory", not "cvs"',
    ]);
  });

  test.each(["../x", "Izar", "a b", "-x", "", "a/b", "x.y"])("%j is no name", async (name) => {
    const quoted = JSON.stringify(name);
    const text = `[swarm]\nname = ${quoted}\n[drones.${quoted}]\n[up]\ndrones = [${quoted}]`;
    const problems = await problemsOf(text);
    expect(problems).toHaveLength(3);
    for (const problem of problems) expect(problem).toContain("must be a name (lower-case letters");
  });

  test("proxies that are no addresses are all named, those that are some are not", async () => {
    const right = ["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8"];
    const wrong = ["proxy", "1.2.3", "10.0.0.0/33", "10.0.0.0/0", "::1/129", "10.0.0.0/8/8", "fe80::1%eth0", ""];
    const problems = await problemsOf(`[gateway]\ntrusted_proxies = ${JSON.stringify([...right, ...wrong])}`);
    const must = "must be an IP address or a network, like 127.0.0.1, 10.0.0.0/8 or fd00::/8";
    expect(problems).toEqual(
      wrong.map((text, i) => `swarm.toml:2: gateway.trusted_proxies[${right.length + i + 1}] ${must}, not "${text}"`),
    );
  });

  test.each(['""', '"a\\u0000b"', '"~ada/x"', "[]"])("%s is no path", async (path) => {
    expect(await problemsOf(`[binhost]\ndir = ${path}`)).toEqual([
      expect.stringMatching(/^swarm\.toml:2: binhost\.dir must be a path /),
    ]);
  });

  test.each([
    ["trees/main", true],
    ["./a:b", true],
    ["host:main.git", false],
    ["https://example.org/main.git", false],
  ])("%j of a git tree is a path: %s", async (uri, isPath) => {
    const { config } = await load(`[[tree]]\nname = "a"\nsync = "git"\nuri = "${uri}"`);
    expect(config.trees[0]?.uri).toBe(isPath ? join(directory, uri) : uri);
  });

  test("a tree's address may not be an option of git", async () => {
    expect(await problemsOf('[[tree]]\nname = "a"\nsync = "git"\nuri = "--upload-pack=x"')).toHaveLength(1);
  });

  test("a directory for all drones is refused with the place where it belongs", async () => {
    expect(await problemsOf('[drone]\ndir = "/x"')).toEqual([
      'swarm.toml:2: unknown key "drone.dir": each drone has its own, set it in [drones.NAME]',
    ]);
  });

  test("values that contradict each other", async () => {
    const tree = '[[tree]]\nname = "a"\nsync = "rsync"\nuri = "rsync://h/a"\n';
    const wrong = '[[tree]]\nname = "c"\nsync = "rsync"\nuri = "h:/c"\n';
    const text = `${tree}${tree}[dev_server]\nui_port = 8080\n[drones.x]\ndir = "/d"\n[drones.y]\ndir = "/d/"\n${wrong}`;
    expect(await problemsOf(text)).toEqual([
      'swarm.toml:6: a second tree has the name "a": names must differ',
      "swarm.toml:10: dev_server.ui_port and binhost.port are both 8080: ports must differ",
      "swarm.toml:14: drones.x.dir and drones.y.dir are both /d: each drone needs a directory of its own",
      'swarm.toml:18: tree[3].uri must be an rsync:// address, not "h:/c"',
    ]);
  });
});

test("services of one name and a port that the gateway has are refused; the same name for another kind is not", async () => {
  const service = (name: string, port: number): string => `{ name = "${name}", url = "http://izar:${port}" }`;
  const twice = `binhosts = [${service("main", 1)}, ${service("main", 2)}]\norchestrators = [${service("main", 3)}]\n`;
  expect(await problemsOf(`[gateway]\nport = 9464\n${twice}`)).toEqual([
    expect.stringMatching(/^swarm\.toml:2: gateway\.port and metrics\.port are both 9464: ports must differ$/),
    'swarm.toml:3: gateway.binhosts has two of the name "main": names must differ',
  ]);
  expect(await problemsOf(`[gateway]\norchestrators = [${service("a", 1)}, ${service("a", 2)}]`)).toHaveLength(1);
});

describe("effective values", () => {
  test("paths: home, relative to the file, XDG directories", async () => {
    env = { HOME: "/home/ada", XDG_STATE_HOME: "/state", XDG_CACHE_HOME: "not/absolute" };
    await mkdir(join(directory, "sub"));
    await write("sub/swarm.toml", '[binhost]\ndir = "store"\n[drone]\ndistfiles = ["~/d", "~"]\n');
    const { config } = await loadConfig({ path: "sub/swarm.toml", env, cwd: directory });
    expect(config.binhost.dir).toBe(join(directory, "sub/store"));
    expect(config.droneDefaults.distfiles).toEqual(["/home/ada/d", "/home/ada"]);
    expect(config.swarm.stateDir).toBe("/state/build-swarm");
    expect(config.swarm.cacheDir).toBe("/home/ada/.cache/build-swarm");
  });

  test("a drone takes from its own section, then [drone], then the default", async () => {
    const { config } = await load("[drone]\ncores = 24\nlow_disk_gib = 0.5\n[drones.izar]\ncores = 4\n[drones.unra]");
    expect(config.drones.izar).toMatchObject({ cores: 4, slots: 4, lowDiskGib: 0.5, autoReboot: false });
    expect(config.drones.unra).toMatchObject({ cores: 24, slots: 24, prefixLength: 96 });
    expect(config.up.drones).toEqual(["izar", "unra"]);
  });

  test("a drone's limits: of cores and memory what the machine has, less a reserve, and any package", async () => {
    const { config } = await load(
      '[drone]\nexclude = ["dev-lang/rust"]\n[drones.izar]\ncores_limit = 1\nmemory_gib = 0.5\nonly = ["dev-lang/*", "*/gtk+"]',
    );
    expect(config.drones.izar).toMatchObject({ coresLimit: 1, memoryGib: 0.5, only: ["dev-lang/*", "*/gtk+"] });
    expect(config.drones.izar?.exclude).toEqual(["dev-lang/rust"]);
    const { coresLimit, memoryGib, only } = config.droneDefaults;
    expect([coresLimit, only]).toEqual([availableParallelism(), []]);
    expect(memoryGib).toBeGreaterThan(0);
    expect(memoryGib).toBeLessThan(totalmem() / 2 ** 30);
  });

  test("limits that leave a drone nothing, or that no package can match, are wrong: all of them are told", async () => {
    const text = '[drones.izar]\ncores = 0\ncores_limit = 0\nmemory_gib = 0\nexclude = ["rust"]\nonly = ["a/b c"]';
    const told = (await problemsOf(text)).join("\n");
    expect(told).toMatch(/drones\.izar\.cores must be a whole number of cores from 1/);
    expect(told).toMatch(/drones\.izar\.cores_limit must be a whole number of cores from 1/);
    expect(told).toMatch(/drones\.izar\.memory_gib must be a number of GiB above 0/);
    expect(told).toMatch(/exclude.*"category\/name", where \* stands for anything.*"rust"/);
    expect(told).toMatch(/only.*"category\/name".*"a\/b c"/);
  });

  test("a drone without a section has the defaults and a directory of its own, even when called constructor", async () => {
    const { config } = await load('[swarm]\nstate_dir = "/s"\n[drone]\ncores = 12\n');
    for (const name of ["tarn", "constructor"]) {
      expect(droneConfig(config, name)).toMatchObject({ cores: 12, slots: 12, dir: `/s/drones/${name}` });
    }
  });

  test("the binhost's address follows listen and port", async () => {
    expect((await load('[binhost]\nlisten = "::1"\nport = 81')).config.binhost.url).toBe("http://[::1]:81");
    expect((await load('[binhost]\nurl = "https://bins.example/x/"')).config.binhost.url).toBe(
      "https://bins.example/x",
    );
  });

  test("rows tell the line of each value, through multi-line values, inline tables and arrays of tables", async () => {
    const text = [
      "drone = { cores = 3 }",
      "[drones.izar]",
      "distfiles = [",
      '  "/a", # slots = 9',
      '  "/b",',
      "]",
      "slots = 2",
      "[[tree]]",
      'name = "a"',
      'sync = "directory"',
      'uri = """',
      '/t"""',
      "[[tree]]",
      'uri = "/u"',
      'name = "b"',
      'sync = "directory"',
    ].join("\n");
    const loaded = await load(text);
    const rows = new Map(configRows(loaded).map((row) => [row.key, row]));
    const lineOf = (key: string) => rows.get(key)?.origin.replace(`${directory}/swarm.toml`, "line");
    expect(lineOf("drone.cores")).toBe("line:1");
    expect(lineOf("drones.izar.cores")).toBe("line:1");
    expect(lineOf("drones.izar.distfiles")).toBe("line:3");
    expect(lineOf("drones.izar.slots")).toBe("line:7");
    expect(lineOf("tree.0.uri")).toBe("line:11");
    expect(lineOf("tree.1.uri")).toBe("line:14");
    expect(lineOf("tree.1.sync")).toBe("line:16");
    expect(lineOf("swarm.name")).toBe("default");
    expect(rows.get("drones.izar.distfiles")?.value).toEqual(["/a", "/b"]);
    expect(rows.get("tree.0.uri")?.value).toBe("/t");
  });
});
