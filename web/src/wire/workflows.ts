/** Ids of workflows and schedules, as the engine's own page has them. A test holds them against the workflows' own. */
export const FLEET_WORKFLOW = "fleet";
export const ALERTS_WORKFLOW = "alerts";
export const runWorkflow = (target: string): string => `world-update/${target}`;
export const buildWorkflow = (run: string, cpv: string, attempt: number): string => `build/${run}/${cpv}/${attempt}`;
export const scheduleOf = (name: string): string => `schedule/${name}`;
