import { appendFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { freePort } from "../system/ports.ts";
import { findBrowser, launch } from "./browser.ts";
import type { NoopBuild } from "./noop/drone.ts";
import { type NoopSwarm, until } from "./noop/swarm.ts";
import { configure, end, startRole } from "./processes.ts";
import { treeGraph } from "./scale/graph.ts";
import { withEngine, withSwarm } from "./swarmBench.ts";

export interface WebFigures {
  packages: number;
  /** What the first view loads, and how long it takes until it shows the run. */
  firstView: { bytes: number; ms: number };
  /** From a key in the search field to the frame that shows what was found. ms */
  filter: Spread;
  /** From a click on a heading to the frame in the new order. ms */
  sort: Spread;
  /** From the end of a build on its drone to the page that counts it. ms */
  change: Spread;
  /** Of the page's script, at the end. MiB */
  heapMiB: number;
  goals: { what: string; goal: string; is: string; met: boolean }[];
}

interface Spread {
  p50: number;
  p99: number;
  max: number;
}

const DRONES = 8;
const SLOTS = 4;
/** Builds whose end is followed to the page. */
const CHANGES = 50;
const SEARCHES = [
  "a",
  "ap",
  "app",
  "lib",
  "dev-",
  "dev-libs",
  "x",
  "zz",
  "",
  "python",
  "-1.",
  "q",
  "qt",
  "",
  "net ssl",
  "k",
];

/** The page in a real browser, with a run of so many packages that goes on while it is used. */
export async function benchWeb(count = 1_355): Promise<WebFigures> {
  const { path, missing } = findBrowser();
  if (path === null) throw new Error(missing);
  return await withEngine(async (engine) => {
    const config = await configure(engine);
    const port = await freePort("127.0.0.1");
    await appendFile(config.file, `[gateway]\nport = ${port}\nanonymous = true\n`);
    const plan = await treeGraph(count);
    return await withSwarm({ ...engine, plan }, async (swarm) => {
      // No real binhost: it would take the work of the one whose work is none.
      const gateway = startRole(engine, config, swarm.namespace, ["gateway"]);
      const browser = await launch(path);
      try {
        const ended = await beginRun(swarm);
        const url = `http://127.0.0.1:${port}/`;
        await until("the gateway answers", () => fetch(`${url}healthz`).catch(() => null));
        const page = await browser.newPage();
        return told(await measure(page, url, ended, plan.packages.length));
      } finally {
        await browser.close();
        await end(gateway);
      }
    });
  });
}

/** Starts a run whose builds last until they are told to end. Returns what ends the oldest one, or says that there is none. */
async function beginRun(swarm: NoopSwarm): Promise<() => boolean> {
  const waiting: (() => void)[] = [];
  const build: NoopBuild = (_order, _drone, signal) =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      waiting.push(resolve);
    });
  for (let i = 0; i < DRONES; i++) await swarm.addDrone({ name: `drone${i}`, cores: 16, slots: SLOTS, build });
  await swarm.run();
  await until("all drones build", async () => waiting.length >= (DRONES * SLOTS) / 2, { ms: 300_000 });
  return () => {
    const oldest = waiting.shift();
    oldest?.();
    return oldest !== undefined;
  };
}

async function measure(
  page: Page,
  url: string,
  endOne: () => boolean,
  packages: number,
): Promise<Omit<WebFigures, "goals">> {
  const network = await page.context().newCDPSession(page);
  await network.send("Network.enable");
  let bytes = 0;
  network.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  const begun = performance.now();
  await page.goto(url);
  const progress = page.getByRole("progressbar", { name: "Packages built" });
  await progress.waitFor({ timeout: 120_000 });
  const firstView = { bytes, ms: performance.now() - begun };

  const change: number[] = [];
  for (let received = 1; received <= CHANGES; received++) {
    let at = 0;
    await until("a build to end", async () => {
      at = performance.now();
      return endOne();
    });
    await page.evaluate(`(${untilReceived})(${received})`);
    change.push(performance.now() - at);
  }

  await page.evaluate(`location.hash = "#/packages"`);
  await page.getByRole("searchbox").waitFor();
  // The run goes on meanwhile.
  const going = setInterval(endOne, 200);
  const filter = await page.evaluate<number[]>(`(${timeSearches})(${JSON.stringify(SEARCHES)})`);
  const sort = await page.evaluate<number[]>(`(${timeSorts})()`);
  clearInterval(going);
  const heap = await page.evaluate<number>("performance.memory.usedJSHeapSize");
  return {
    packages,
    firstView,
    filter: spread(filter),
    sort: spread(sort),
    change: spread(change),
    heapMiB: heap / 2 ** 20,
  };
}

/** These run in the page, by the debugger: its own policy forbids it to make code of texts. */
const untilReceived = `(wanted) => new Promise((resolve) => {
  const look = () => {
    const shown = Number(document.querySelector("[role=progressbar]")?.ariaValueNow);
    if (shown >= wanted) resolve();
    else requestAnimationFrame(look);
  };
  look();
})`;

/** Until the frame after an input was painted. */
const AFTER_PAINT = `const painted = () => new Promise((resolve) => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => resolve();
  channel.port2.postMessage(null);
}));`;

const timeSearches = `async (texts) => {
  ${AFTER_PAINT}
  const field = document.querySelector("main input[type=search]");
  const times = [];
  for (const text of texts) {
    const begun = performance.now();
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await painted();
    times.push(performance.now() - begun);
  }
  return times;
}`;

const timeSorts = `async () => {
  ${AFTER_PAINT}
  const times = [];
  for (const name of ["state", "drone", "time", "time", "attempts", "package", "package"]) {
    const begun = performance.now();
    document.querySelector("th." + name + " button").click();
    await painted();
    times.push(performance.now() - begun);
  }
  return times;
}`;

function spread(values: number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => Math.round((sorted[Math.ceil(part * sorted.length) - 1] ?? 0) * 10) / 10;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

function told(figures: Omit<WebFigures, "goals">): WebFigures {
  const { firstView, filter, change } = figures;
  const goals = [
    {
      what: "first view, compressed",
      goal: "<= 150 KiB",
      is: `${(firstView.bytes / 1024).toFixed(1)} KiB, shown after ${Math.round(firstView.ms)} ms`,
      met: firstView.bytes <= 150 * 1024,
    },
    { what: "a filter's answer", goal: "<= 100 ms", is: words(filter), met: filter.max <= 100 },
    { what: "a build's end on the page", goal: "p99 <= 2000 ms", is: words(change), met: change.p99 <= 2_000 },
  ];
  for (const { what, goal, is, met } of goals) {
    console.log(`${met ? "ok  " : "MISS"} ${what.padEnd(28)} ${goal.padEnd(16)} ${is}`);
  }
  console.log(`     a new order: ${words(figures.sort)}; the page's heap: ${figures.heapMiB.toFixed(1)} MiB`);
  return { ...figures, goals };
}

function words({ p50, p99, max }: Spread): string {
  return `p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`;
}
