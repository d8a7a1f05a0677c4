import { ApplicationFailure } from "@temporalio/common";
import { z } from "zod";
import { NotRunning, sendUpdate } from "../../operations/engine.ts";
import { FLEET_ID, UNKNOWN_DRONE } from "../../workflows/messages.ts";
import { type Api, DroneName, Nothing, refusals, Words } from "../api.ts";
import { HttpError } from "../errors.ts";
import { Building, Fleet } from "../schemas/state.ts";
import { inNameOf, type Services } from "../services.ts";

const ACTIONS = { pause: "pauseDrone", resume: "resumeDrone", forget: "forgetDrone" } as const;
const SUMMARIES = {
  pause: "Let a drone finish what it builds and give it nothing new",
  resume: "Give it work again, and take its strikes back",
  forget: "Remove a drone that will not come back",
} as const;

const Why = z
  .object({ reason: Words(200).optional() })
  .strict()
  .nullish();

/** The machines that build. */
export async function droneRoutes(api: Api, services: Services): Promise<void> {
  api.get(
    "/drones",
    {
      config: { demand: "read", cost: "memory" },
      schema: {
        summary: "Every drone, and what each of them builds",
        tags: ["drones"],
        response: { 200: Fleet.and(z.object({ building: z.array(Building) })), ...refusals },
      },
    },
    async () => {
      const { reading, stale } = await services.watchers.live(undefined);
      if (!reading.fleet) throw new HttpError(503, stale ?? "nobody knows the drones", "Start one: swarm orchestrator");
      return { ...reading.fleet, building: reading.building };
    },
  );

  for (const action of ["pause", "resume", "forget"] as const) {
    api.post(
      `/drones/:name/${action}`,
      {
        config: { demand: "act", cost: "acting" },
        schema: {
          summary: SUMMARIES[action],
          tags: ["drones"],
          params: z.object({ name: DroneName }),
          body: action === "pause" ? Why : Nothing,
          response: { 200: z.object({ drone: z.string(), answer: z.string() }), ...refusals },
        },
      },
      async ({ params: { name }, body, caller }) => {
        const missing = "no drone has ever enrolled. Start one: swarm drone";
        const access = inNameOf(services, caller);
        const request = { by: access.by, drone: name, ...body };
        const client = await access.client();
        const answer = await sendUpdate<string>(client, FLEET_ID, ACTIONS[action], request, missing).catch(notFound);
        services.watchers.refresh();
        return { drone: name, answer };
      },
    );
  }
}

/** What the fleet does not know is not there. */
function notFound(error: unknown): never {
  const cause = error instanceof Error ? error.cause : null;
  const isUnknown = cause instanceof ApplicationFailure && cause.type === UNKNOWN_DRONE;
  const missing = isUnknown ? cause : error instanceof NotRunning ? error : null;
  if (missing === null) throw error;
  throw new HttpError(404, missing.message, "GET /api/v1/drones lists them.");
}
