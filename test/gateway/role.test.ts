import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { addressFile, gatewayUrl } from "../../gateway/local.ts";
import { runGateway } from "../../gateway/role.ts";
import { configFile, NOWHERE, temporaryDirectory } from "../cli/command.ts";

test("a gateway that stops takes away where it is, not where another one is that was started there meanwhile", async () => {
  const directory = await temporaryDirectory();
  const profile = join(directory, "temporal.toml");
  await writeFile(profile, `[profile.default]\naddress = "${NOWHERE}"\n`);
  const path = await configFile(
    `[swarm]\nstate_dir = "${directory}"\n[temporal]\nconfig_file = "${profile}"\n[gateway]\nport = 0\n`,
  );
  const loaded = await loadConfig({ path, env: {}, cwd: directory });
  const start = async () => {
    const stop = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    const ended = runGateway(loaded, { signal: stop.signal, log: () => {}, ready: resolve });
    await Promise.race([promise, ended]);
    const end = async (): Promise<void> => {
      stop.abort();
      await ended;
    };
    return { end, url: await gatewayUrl(loaded.config) };
  };
  const first = await start();
  const second = await start();
  expect(second.url).not.toBe(first.url);
  await first.end();
  expect(await gatewayUrl(loaded.config)).toBe(second.url);
  expect((await fetch(`${second.url}/healthz`)).status).toBe(200);
  await second.end();
  expect(existsSync(addressFile(loaded.config.swarm.stateDir))).toBe(false);
});
