import { readPlanGraph } from "../activities/estimates.ts";
import type { PlanForecast } from "../model/forecast.ts";
import type { BuildLimits } from "../model/limits.ts";
import type { RunDrone } from "../model/run.ts";
import { planForecast } from "../operations/forecast.ts";
import { plannedWaves } from "../operations/plannedWaves.ts";
import { BinhostError } from "../store/transport.ts";
import { binhostAt } from "./binhost.ts";

/** What is forecast: a plan that the binhost keeps, on these drones. */
export interface ForecastOrder {
  /** The binhost's address, and the file of its token. */
  binhost: string;
  tokenFile: string;
  /** The plan's SHA-256. */
  plan: string;
  drones: RunDrone[];
  limits: BuildLimits;
}

/** The forecast, or why the binhost did not give the plan. */
export type ForecastReport =
  | { made: PlanForecast }
  | { refused: { status: number; message: string; hint: string | null } };

async function forecast({ binhost, tokenFile, plan, drones, limits }: ForecastOrder): Promise<ForecastReport> {
  try {
    const graph = await readPlanGraph(await binhostAt(binhost, tokenFile), plan);
    return { made: planForecast(graph, plannedWaves(graph), drones, limits) };
  } catch (error) {
    if (!(error instanceof BinhostError)) throw error;
    const { status, hint } = error;
    const [message = ""] = error.message.split("\n");
    return { refused: { status, message, hint } };
  }
}

/** The process of `Forecasts`: the one message that it gets is its order, the one that it sends the report. Then it is ended. */
process.once("message", async (order: ForecastOrder) => {
  process.send?.(await forecast(order), (error: Error | null) => {
    // The gateway has ended meanwhile: nobody else would.
    if (error) process.exit(1);
  });
});
process.once("disconnect", () => process.exit(1));
