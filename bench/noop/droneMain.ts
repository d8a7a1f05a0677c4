import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { NativeConnection } from "@temporalio/worker";
import { dataConverter } from "../../connection/codec.ts";
import { hang, NoopDrone } from "./drone.ts";
import { resolved } from "./plan.ts";
import { type DroneProcessOptions, quietRuntime } from "./swarm.ts";

// A simulated drone as a process of its own, so that it can be killed without a goodbye.
const [options] = (await once(process, "message")) as [DroneProcessOptions];
const { address, namespace, token, drone, buildMs, plan } = options;
quietRuntime();
const connection = await NativeConnection.connect({ address });
const noop = new NoopDrone(
  { connection, namespace, token, dataConverter },
  {
    ...drone,
    resolve: () => resolved(plan),
    build: buildMs === null ? hang : async () => void (buildMs > 0 && (await sleep(buildMs))),
  },
);
await noop.start();
process.send?.("ready");
