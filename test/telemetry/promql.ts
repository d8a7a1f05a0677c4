/** What a PromQL expression asks for: metrics by name, with the labels that are named beside them. */
export interface Asked {
  metric: string;
  labels: string[];
}

const KEYWORDS = new Set([
  "and",
  "or",
  "unless",
  "by",
  "without",
  "on",
  "ignoring",
  "group_left",
  "group_right",
  "bool",
  "offset",
]);
/** Lists of labels belong to an aggregation or a match, not to a metric: each metric of the expression is asked for them. */
const LISTS = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;

/**
 * The metrics of an expression. @param variables what Grafana puts in before Prometheus sees it
 */
export function askedOf(expression: string, variables: Readonly<Record<string, string>> = {}): Asked[] {
  const full = expression.replace(/\$(\w+)/g, (_, name: string) => variables[name] ?? "");
  const listed: string[] = [];
  const rest = full.replace(LISTS, (_, labels: string) => {
    listed.push(
      ...labels
        .split(",")
        .map((label) => label.trim())
        .filter((label) => label !== ""),
    );
    return " ";
  });
  const asked: Asked[] = [];
  const token = /"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\{([^}]*)\}|\d[\w.]*|([a-zA-Z_:][\w:]*)(\s*\()?/g;
  for (const [, matchers, name, call] of rest.matchAll(token)) {
    const last = asked.at(-1);
    if (matchers !== undefined && last) {
      last.labels.push(...[...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = ""]) => label));
    }
    if (name !== undefined && call === undefined && !KEYWORDS.has(name)) asked.push({ metric: name, labels: [] });
  }
  return asked.map(({ metric, labels }) => ({ metric, labels: [...labels, ...(asked.length === 1 ? listed : [])] }));
}
