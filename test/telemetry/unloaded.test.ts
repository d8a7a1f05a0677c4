import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { packageRoot } from "../../system/packageRoot.ts";

/** Loads all that a role and a command load, starts traces as the environment says, and tells what of OpenTelemetry came with it. */
const LOOK = `
import { registerHooks } from "node:module";
const loaded = new Set();
registerHooks({
  resolve(name, context, next) {
    // The API alone, which does nothing by itself, comes with prom-client.
    if (name.includes("opentelemetry") && name !== "@opentelemetry/api") loaded.add(name);
    return next(name, context);
  },
});
for (const role of ["orchestrator", "drone", "binhost"]) await import(\`./workers/\${role}.ts\`);
await import("./connection/client.ts");
const { startTracing } = await import("./telemetry/tracing.ts");
const { on } = await startTracing("test");
console.log(JSON.stringify({ on, loaded: [...loaded].sort().slice(0, 3) }));
process.exit();
`;

async function look(env: NodeJS.ProcessEnv): Promise<unknown> {
  const { stdout } = await execa(process.execPath, ["--input-type=module", "--eval", LOOK], {
    cwd: join(packageRoot()),
    env: { PATH: process.env.PATH, ...env },
    extendEnv: false,
  });
  return JSON.parse(stdout);
}

test("without the variables that ask for traces nothing of OpenTelemetry is loaded", async () => {
  expect(await look({ OTEL_SERVICE_NAME: "swarm" })).toEqual({ on: false, loaded: [] });
});

test("with them it is", async () => {
  const traced = await look({ OTEL_TRACES_EXPORTER: "otlp", OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" });
  expect(traced).toMatchObject({
    on: true,
    loaded: [expect.stringContaining("opentelemetry"), expect.anything(), expect.anything()],
  });
});
