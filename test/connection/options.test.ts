import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { connectionSettings, namesRealCluster } from "../../connection/options.ts";
import { testDirectory } from "../support/portage.ts";

/** A person's machine: a configuration, a home, and Temporal's own file where `profiles` has its text. */
async function machine({ toml = "", profiles }: { toml?: string; profiles?: string } = {}) {
  const home = await testDirectory();
  await writeFile(join(home, "swarm.toml"), `[swarm]\nstate_dir = "state"\n${toml}`);
  await mkdir(join(home, "state"));
  if (profiles !== undefined) await writeFile(join(home, "temporal.toml"), profiles);
  const env = { HOME: home, XDG_CONFIG_HOME: join(home, ".config") };
  const { config } = await loadConfig({ path: join(home, "swarm.toml"), env, cwd: home });
  return { home, env, config };
}

const recorded = (home: string, text: string): Promise<void> => writeFile(join(home, "state", "dev-server.json"), text);

const PROFILES = `
[profile.default]
address = "first.example:7233"
[profile.hosted]
address = "hosted.example:7233"
namespace = "farm"
api_key = "secret"
`;

test("nothing said: the place of the dev server", async () => {
  const { config, env } = await machine({ toml: "[dev_server]\nport = 7555\n" });
  expect(connectionSettings(config, env)).toMatchObject({
    options: { address: "127.0.0.1:7555" },
    namespace: "default",
  });
  expect(namesRealCluster(config, env)).toBe(false);
});

test("a recorded dev server is taken, a damaged record is not", async () => {
  const { config, env, home } = await machine();
  await recorded(home, JSON.stringify({ address: "127.0.0.1:41234" }));
  expect(connectionSettings(config, env).options.address).toBe("127.0.0.1:41234");
  await recorded(home, "{");
  expect(connectionSettings(config, env).options.address).toBe("127.0.0.1:7233");
});

test("a dev server that listens on all addresses is reached by the local one", async () => {
  const { config, env } = await machine({ toml: '[dev_server]\nip = "0.0.0.0"\n' });
  expect(connectionSettings(config, env).options.address).toBe("127.0.0.1:7233");
  const six = await machine({ toml: '[dev_server]\nip = "::1"\n' });
  expect(connectionSettings(six.config, six.env).options.address).toBe("[::1]:7233");
});

test("TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE win over a recorded dev server", async () => {
  const { config, env, home } = await machine();
  await recorded(home, JSON.stringify({ address: "127.0.0.1:41234" }));
  const named = { ...env, TEMPORAL_ADDRESS: "far.example:7233", TEMPORAL_NAMESPACE: "mine" };
  expect(connectionSettings(config, named)).toMatchObject({
    options: { address: "far.example:7233" },
    namespace: "mine",
  });
  expect(namesRealCluster(config, named)).toBe(true);
});

test("a profile of [temporal] in its file, with an API key: over TLS", async () => {
  const toml = '[temporal]\nprofile = "hosted"\nconfig_file = "temporal.toml"\n';
  const { config, env } = await machine({ toml, profiles: PROFILES });
  expect(connectionSettings(config, env)).toMatchObject({
    options: { address: "hosted.example:7233", apiKey: "secret", tls: true },
    namespace: "farm",
  });
});

test("a profile named by TEMPORAL_PROFILE, in a file named by TEMPORAL_CONFIG_FILE", async () => {
  const { config, env, home } = await machine({ profiles: PROFILES });
  const file = { ...env, TEMPORAL_CONFIG_FILE: join(home, "temporal.toml") };
  expect(connectionSettings(config, file).options.address).toBe("first.example:7233");
  const named = { ...file, TEMPORAL_PROFILE: "hosted" };
  expect(connectionSettings(config, named).options.address).toBe("hosted.example:7233");
});

test("a profile or a file that is not there is an error that names it", async () => {
  const { config, env } = await machine({ toml: '[temporal]\nconfig_file = "none.toml"\n' });
  expect(() => connectionSettings(config, env)).toThrow(/none\.toml.*\[temporal\] in swarm\.toml/);
  const other = await machine({ toml: '[temporal]\nprofile = "hosted"\n' });
  expect(() => connectionSettings(other.config, other.env)).toThrow(/hosted.*\[temporal\] in swarm\.toml/);
});
