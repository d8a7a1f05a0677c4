import { METADATA_ENCODING_KEY } from "@temporalio/common";
import { expect, test } from "vitest";
import { treeGraph } from "../../../bench/scale/graph.ts";
import { compressingCodec } from "../../../connection/codec.ts";
import { toGraph } from "../../../model/estimate.ts";
import { Random } from "../../../scheduler/random.ts";
import { RunState } from "../../../workflows/states/run.ts";
import { droneView, facts, NOW } from "../../support/facts.ts";

const MIB = 2 ** 20;
/** Bytes: a quarter of what the engine takes. */
const MOST = 500_000;

/** Bytes of a value as it travels. */
async function sizeOf(value: unknown): Promise<number> {
  const metadata = { [METADATA_ENCODING_KEY]: Buffer.from("json/plain") };
  const [payload] = await compressingCodec.encode([{ metadata, data: Buffer.from(JSON.stringify(value)) }]);
  return payload?.data?.length ?? 0;
}

test("a run of 17,120 packages with a history of each stays under 500 KB, from its begin to its end", async () => {
  const random = new Random(7);
  const around = (value: number): number => value * Math.exp(0.7 * random.normal());
  const graph = await treeGraph(17_120);
  const packages = graph.packages.map(({ estimate, serial = 10, width = 4, ...p }) => ({
    ...p,
    ...toGraph({
      ...{ work: around(estimate), serial: around(serial), width, sigma: 0.1 + random.next(), source: "history" },
      ...{ memoryBytes: around(300) * MIB, memoryPerJobBytes: around(350) * MIB, diskBytes: around(300) * MIB },
    }),
  }));
  const run = new RunState({ run: "r", target: "t", now: NOW, options: { autoFinalize: false, acceptFailed: false } });
  const drones = Array.from({ length: 8 }, (_, i) => {
    const name = `drone-${i}`;
    return droneView(name, { facts: facts(name, { cores: 16, slots: 16 }) });
  });
  run.drones.update(drones);
  for (const { facts } of drones) run.drones.set(facts.name, "verified", null);
  const planIndex = [...packages.keys()];
  run.setPlan({ plan: "f".repeat(64), graph: { packages }, planIndex, unresolvable: [], notices: [], present: 0 });
  run.enter("build", NOW);

  const sizes = [await sizeOf(run.save(NOW)), await sizeOf(run.standing(NOW))];
  const queue: ReturnType<RunState["delegations"]> = [];
  let now = NOW;
  for (let received = 0; !run.isSettled(); received++) {
    now += Math.round(around(400));
    queue.push(...run.start(now).delegations);
    const build = queue.shift();
    if (!build) throw new Error("nothing runs");
    const { cpv, attempt, drone } = build;
    const artifact = { cpv, buildId: 1, size: around(3) * MIB, sha256: "", prepareSeconds: 0, buildSeconds: 1 };
    run.report({ cpv, attempt, drone, artifact: { ...artifact, adopted: false } }, now);
    if (received % 4000 === 3999) sizes.push(await sizeOf(run.save(now)), await sizeOf(run.standing(now)));
  }
  sizes.push(await sizeOf(run.save(now)));
  expect(Math.max(...sizes)).toBeLessThan(MOST);
}, 120_000);
