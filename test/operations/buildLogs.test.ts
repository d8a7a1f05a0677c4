import { expect, test } from "vitest";
import { resolveConfig, surroundingsOf } from "../../config/defaults.ts";
import { fileSchema } from "../../config/schema.ts";
import { EngineConnection } from "../../connection/engineConnection.ts";
import { isOver } from "../../operations/buildLogs.ts";
import { temporaryDirectory } from "../cli/command.ts";

test("an attempt whose engine is away goes on, as far as is known: whoever follows its log stays", async () => {
  // Nothing listens on port 1.
  const file = fileSchema.parse({ dev_server: { port: 1 } });
  const config = resolveConfig(file, surroundingsOf({}, await temporaryDirectory()));
  const engine = new EngineConnection(config);
  const access = {
    ...{ by: "ann", config: async () => config, client: () => engine.client() },
    loadedConfig: () => Promise.reject(new Error("not asked")),
    binhost: () => Promise.reject(new Error("not asked")),
  };
  await expect(access.client()).rejects.toThrow("no Temporal server");
  const view = { attempt: 1, drone: "izar", jobs: 1, startedAt: 1 };
  const attempt = { target: "desktop", run: "desktop-20261121-0101", cpv: "a/b-1", attempt: 1, view };
  expect(await isOver(access, attempt)).toBe(false);
});
