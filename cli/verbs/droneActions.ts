import type { Command } from "commander";
import { sendUpdate } from "../../operations/engine.ts";
import { FLEET_ID } from "../../workflows/messages.ts";
import type { Context } from "../context.ts";
import { plainText } from "../plainText.ts";

/** Adds `pause`, `resume` and `forget NAME` to `swarm drone`, whose own action runs the role. */
export function registerDroneActions(drone: Command, context: () => Context): void {
  const add = (name: string, update: string, description: string): Command =>
    drone
      .command(name)
      .description(description)
      .argument("<drone>", "the drone's name")
      .action(async (droneName: string, options: { reason?: string }) => {
        const missing = "no drone has ever enrolled. Start one: swarm drone";
        const client = await context().client();
        const request = { by: context().by, drone: droneName, ...options };
        const answer = await sendUpdate<string>(client, FLEET_ID, update, request, missing);
        if (context().json) context().printJson({ drone: droneName, answer });
        else context().print(`✓ ${answer}`);
      });
  add("pause", "pauseDrone", "let it finish what it builds and give it nothing new").option(
    "--reason <text>",
    "why, for those who wonder",
    plainText,
  );
  add("resume", "resumeDrone", "give it work again, and take its strikes back");
  add("forget", "forgetDrone", "remove a drone that will not come back");
}
