import { mkdir } from "node:fs/promises";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { writeFileAtomic } from "../system/atomicFile.ts";
import { packageRoot } from "../system/packageRoot.ts";

interface Bench {
  what: string;
  run: (size: number | undefined) => Promise<object>;
  /** Its default, where that may be named too. */
  size?: number;
}

/** `npm run bench -- NAME [SIZE]`: what is measured, loaded only where it is wanted. */
const BENCHES: Record<string, Bench> = {
  compare: {
    what: "the desktop graph by the swarm, make, ninja and Buildbot; its first SIZE packages, all by default",
    run: async (size) => (await import("./compare.ts")).benchCompare(size),
  },
  demo: {
    what: "the demo's first update against one emerge --jobs=2 of the same packages",
    run: async () => (await import("./demo.ts")).benchDemo(),
  },
  engine: {
    what: "cost of a package in the engine against plain Temporal; SIZE packages, 300 by default",
    run: async (size) => (await import("./engine.ts")).benchEngine(size),
  },
  gateway: {
    what: "SIZE watchers of a run, 500 by default: memory, processor, delay; and GET /status a second",
    run: async (size) => (await import("./gateway.ts")).benchGateway(size),
    size: 500,
  },
  latency: {
    what: "dependency received -> dependent's command runs, and where the time goes; a chain of SIZE, 200 by default",
    run: async (size) => (await import("./latency.ts")).benchLatency(size),
  },
  logs: {
    what: "SIZE build logs that grow, 32 by default: how soon each line is seen; and one of 1 GiB",
    run: async (size) => (await import("./logs.ts")).benchLogs(size),
    size: 32,
  },
  mechanism: {
    what: "a critical build beside two fillers, real compiles on this machine; SIZE rounds, 3 by default",
    run: async (size) => (await import("./mechanism.ts")).benchMechanism(size),
  },
  memory: {
    what: "memory of each role, idle and in a run of SIZE no-op packages, 3000 by default",
    run: async (size) => (await import("./memory.ts")).benchMemory(size),
  },
  publish: {
    what: "publish of SIZE packages, 1000 by default",
    run: async (size) => (await import("./publish.ts")).benchPublish(size),
  },
  scale: {
    what: "the tree's graph through the real engine: SIZE packages, 17000 by default, which is all of it",
    run: async (size) => (await import("./scale.ts")).benchScale(size),
    size: 17_000,
  },
  schedule: {
    what: "the scheduler in simulation against its goals: the shipped graphs, and SIZE random ones, 200 by default",
    run: async (size) => (await import("./schedule.ts")).benchSchedule(size),
  },
  startup: {
    what: "whole-process time of `swarm --help` and `swarm status`, SIZE runs, 10 by default",
    run: async (size) => (await import("./startup.ts")).benchStartup(size),
  },
  web: {
    what: "the web page in Chromium in a run of SIZE packages, 1355 by default: first view, filter, changes",
    run: async (size) => (await import("./web.ts")).benchWeb(size),
  },
};

const [name = "", ...rest] = process.argv.slice(2);
const [size] = rest[0] === "--packages" ? rest.slice(1) : rest;
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
const count = size === undefined ? undefined : Number(size);
if (!bench || (count !== undefined && !(Number.isInteger(count) && count > 0))) {
  const list = Object.entries(BENCHES).map(([key, { what }]) => `  ${key.padEnd(10)} ${what}`);
  console.error(["usage: npm run bench -- NAME [SIZE] (or --packages SIZE)", ...list].join("\n"));
  process.exit(2);
}
const before = loadavg()[0];
const figures = await bench.run(count);
const machine = {
  ...{
    cores: cpus().length,
    cpu: cpus()[0]?.model,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  },
  // A busy machine explains a bad figure.
  loadBefore: before,
};
const results = join(packageRoot(), "bench", "results");
await mkdir(results, { recursive: true });
const file = join(results, `${name}${count === undefined || count === bench.size ? "" : `-${count}`}.json`);
await writeFileAtomic(
  file,
  `${JSON.stringify({ bench: name, at: new Date().toISOString(), machine, figures }, null, 2)}\n`,
);
console.log(`written: ${file}`);
process.exit(0);
