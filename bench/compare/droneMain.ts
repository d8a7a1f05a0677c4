import { once } from "node:events";
import { NativeConnection, Worker } from "@temporalio/worker";
import { execa } from "execa";
import { dataConverter } from "../../connection/codec.ts";
import { QUEUES } from "../../model/activities.ts";
import { serveDrone } from "../../workers/serveDrone.ts";
import { type NoopBuild, noopActivities, noopFacts } from "../noop/drone.ts";
import { resolved } from "../noop/plan.ts";
import { quietRuntime } from "../noop/swarm.ts";
import { type DroneJob, planOf } from "./temporal.ts";

// A drone as a process of its own whose builds run the command of their package; without a swarm, the same queues alone.
process.once("disconnect", () => process.exit(1));
const [job] = (await once(process, "message")) as [DroneJob];
const { kind, address, namespace, token, machine, tasks } = job;
const { name, slots } = machine;
quietRuntime();

const build: NoopBuild = async (order, _drone, signal) => {
  const [program = "", ...args] = tasks[order.index]?.command ?? [];
  await execa(program, args, { cancelSignal: signal, stdio: "ignore" });
};
const simulated = { ...machine, build, resolve: () => resolved(planOf(tasks)) };
const connection = await NativeConnection.connect({ address });
const ready = (): void => void process.send?.("ready");
if (kind === "swarm") {
  await serveDrone(
    { name, slots, token, work: { ...noopActivities(simulated), facts: async () => noopFacts(simulated) } },
    { connection, namespace },
    { signal: new AbortController().signal, log: () => {}, ready },
  );
} else {
  const { build: plainBuild, ...control } = noopActivities(simulated);
  const common = { connection, namespace, dataConverter };
  const workers = [
    await Worker.create({ ...common, taskQueue: QUEUES.build(name), activities: { build: plainBuild } }),
    await Worker.create({ ...common, taskQueue: QUEUES.control(name), activities: control }),
  ];
  ready();
  await Promise.all(workers.map((worker) => worker.run()));
}
