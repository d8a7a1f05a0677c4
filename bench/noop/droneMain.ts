import { setTimeout as sleep } from "node:timers/promises";
import { NativeConnection } from "@temporalio/worker";
import { dataConverter } from "../../connection/codec.ts";
import { hang, NoopDrone } from "./drone.ts";
import type { DroneProcessOptions } from "./swarm.ts";

// A simulated drone as a process of its own, so that it can be killed without a goodbye.
const { address, namespace, token, drone, buildMs } = JSON.parse(process.argv[2] ?? "") as DroneProcessOptions;
const connection = await NativeConnection.connect({ address });
const noop = new NoopDrone(
  { connection, namespace, token, dataConverter },
  { ...drone, build: buildMs === null ? hang : async () => void (buildMs > 0 && (await sleep(buildMs))) },
);
await noop.start();
process.send?.("ready");
