import { Gauge, type MetricObjectWithValues, type MetricValue, type Registry } from "prom-client";
import type { GaugeDefinition } from "./gauges.ts";

/** A gauge that keeps no values of its own, and has none where nothing is known. */
export class ComputedGauge<From> extends Gauge {
  readonly #definition: GaugeDefinition<From>;
  readonly #from: () => From;

  constructor(definition: GaugeDefinition<From>, from: () => From, registry: Registry) {
    const { name, help } = definition;
    super({ name, help, registers: [registry] });
    this.#definition = definition;
    this.#from = from;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    const { name, help, values } = this.#definition;
    const known = values(this.#from()).flatMap(([labels, value]): MetricValue<string>[] =>
      value === null || value === undefined ? [] : [{ labels, value: Number(value) }],
    );
    return { ...(await super.get()), name, help, values: known };
  }
}
