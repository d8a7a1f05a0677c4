/** Values of a text in Prometheus' format: `name{label="x"}`, labels in the order of their names, to the value. */
export function valuesOf(text: string): Map<string, number> {
  return new Map(
    text.split("\n").flatMap((line): [string, number][] => {
      const [, name, labels = "", value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (name === undefined) return [];
      const sorted = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([pair]) => pair).sort();
      return [[sorted.length === 0 ? name : `${name}{${sorted.join(",")}}`, Number(value)]];
    }),
  );
}

/** Names of all metrics of a text, with the labels that their values have. */
export function labelsOf(text: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const key of valuesOf(text).keys()) {
    const name = key.split("{", 1)[0] ?? "";
    const labels = found.get(name) ?? new Set();
    for (const [, label = ""] of key.matchAll(/[{,](\w+)="/g)) labels.add(label);
    found.set(name, labels);
  }
  return found;
}
