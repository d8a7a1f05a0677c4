/** Media type of what Prometheus reads: its text format, version 0.0.4. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** What `# HELP` and `# TYPE` say of a metric, and the lines of its values. */
interface Family {
  help: string | null;
  type: string | null;
  lines: string[];
}

/** A value's name, the labels between braces, the rest of its line. */
const VALUE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?(\s.*)$/;
/** Values of a histogram or summary have these behind the family's name. */
const PART = /_(?:bucket|sum|count)$/;

/**
 * Texts of several processes as one, family by family: the format demands that a metric's values stand together below one
 * `# TYPE`.
 */
export class Exposition {
  readonly #families = new Map<string, Family>();

  /**
   * Adds a text. Lines that are none of the format are left out, and metrics that an earlier text has with another type.
   * @param labels go to each value that does not have them itself
   */
  add(text: string, labels: Readonly<Record<string, string>> = {}): void {
    const types = new Map<string, string>();
    for (const line of text.split("\n")) {
      if (line.startsWith("# ")) {
        const [, keyword, name = "", ...rest] = line.split(" ");
        if (keyword === "HELP") this.#family(name).help ??= line;
        if (keyword !== "TYPE") continue;
        types.set(name, rest.join(" "));
        this.#family(name).type ??= rest.join(" ");
        continue;
      }
      const [, name, own = "", rest] = VALUE.exec(line) ?? [];
      if (name === undefined || rest === undefined) continue;
      const familyName = types.has(name) || !types.has(name.replace(PART, "")) ? name : name.replace(PART, "");
      const family = this.#family(familyName);
      if (family.type !== (types.get(familyName) ?? null)) continue;
      family.lines.push(`${name}${labelled(own, labels)}${rest}`);
    }
  }

  toString(): string {
    const blocks = [...this.#families].map(([name, { help, type, lines }]) => {
      if (lines.length === 0) return "";
      const head = [...(help === null ? [] : [help]), ...(type === null ? [] : [`# TYPE ${name} ${type}`])];
      return `${[...head, ...lines].join("\n")}\n`;
    });
    return blocks.join("");
  }

  #family(name: string): Family {
    const known = this.#families.get(name);
    if (known) return known;
    const family: Family = { help: null, type: null, lines: [] };
    this.#families.set(name, family);
    return family;
  }
}

function labelled(own: string, labels: Readonly<Record<string, string>>): string {
  const present = `,${own.trim()}`;
  const added = Object.entries(labels)
    .filter(([name]) => !present.includes(`,${name}="`))
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  const all = [...(own.trim() === "" ? [] : [own.trim().replace(/,$/, "")]), ...added];
  return all.length === 0 ? "" : `{${all.join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
