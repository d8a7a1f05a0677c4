// What the workflow bundle holds: every export is a workflow type.
export { alerts } from "./alerts.ts";
export { buildPackage } from "./buildPackage.ts";
export { fleet } from "./fleet.ts";
export { startQueuedRun } from "./queued.ts";
export { startScheduledRun } from "./scheduled.ts";
export { syncVerify } from "./syncVerify.ts";
export { worldUpdate } from "./worldUpdate.ts";
