// What the workflow bundle holds: every export is a workflow type.
export { buildPackage } from "./buildPackage.ts";
export { fleet } from "./fleet.ts";
export { syncVerify } from "./syncVerify.ts";
export { worldUpdate } from "./worldUpdate.ts";
