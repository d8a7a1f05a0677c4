export type Labels = Readonly<Record<string, string>>;

/** One value of a gauge; null or undefined: not known, and left out, so that nobody takes a 0 for it. */
export type Value = readonly [labels: Labels, value: number | boolean | null | undefined];

/** A gauge that is computed from something whenever it is read. */
export interface GaugeDefinition<From> {
  name: string;
  help: string;
  values: (from: From) => readonly Value[];
}

/** Which of a closed set of states holds, as one value for each: 1 for the one that does, 0 for the others. */
export function stateSet(label: string, states: readonly string[], current: string, labels: Labels): Value[] {
  return states.map((state) => [{ ...labels, [label]: state }, state === current]);
}
