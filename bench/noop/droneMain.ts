import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { NativeConnection } from "@temporalio/worker";
import { serveDrone } from "../../workers/serveDrone.ts";
import { hang, noopActivities, noopFacts } from "./drone.ts";
import { resolved } from "./plan.ts";
import { type DroneProcessOptions, quietRuntime } from "./swarm.ts";

// The drone's role as a process of its own, which can be killed without a goodbye; only its builds, syncs and uploads are simulated.
// Whoever started it has died: nothing is left behind.
process.once("disconnect", () => process.exit());
const [options] = (await once(process, "message")) as [DroneProcessOptions];
const { address, namespace, token, drone, buildMs, plan } = options;
const { name, slots = 2 } = drone;
quietRuntime();
const connection = await NativeConnection.connect({ address });
const simulated = {
  ...drone,
  resolve: () => resolved(plan),
  build: buildMs === null ? hang : async () => void (buildMs > 0 && (await sleep(buildMs))),
};
await serveDrone(
  { name, slots, token, work: { ...noopActivities(simulated), facts: async () => noopFacts(simulated) } },
  { connection, namespace },
  { signal: new AbortController().signal, log: () => {}, ready: () => process.send?.("ready") },
);
