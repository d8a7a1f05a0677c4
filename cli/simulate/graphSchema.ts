import { z } from "zod";

/** The format is described in graphs/README.md. */
const FIELDS = [
  ...["cpv", "slot", "subslot", "repo", "use", "src_bytes", "work_core_s", "serial_s", "maxpar", "class"],
  "estimate",
] as const;

/** A field with what it must be, for its message. */
const field = <S extends z.ZodType>(schema: S, must: string): S => schema.meta({ must });
const text = field(z.string(), "a text");
const cost = field(z.number().nonnegative(), "a number from 0");
const index = field(z.int().nonnegative(), "the number of a node");

const cpv = field(z.string().regex(/^[^\s\p{Cc}/]+\/[^\s\p{Cc}/]+$/u), "a category/name-version");
const width = field(z.number().min(1), "a number from 1");
const nodeSchema = z.tuple([cpv, text, text, text, text, cost, cost, cost, width, text, text]).rest(z.unknown());
const kind = field(z.string().regex(/^[brp]s?x?$/), "b, r or p, with s and x after it where they apply");
const edgeSchema = z.tuple([index, index, kind]);

const graphSchema = z.object({
  schema: field(z.literal(1).optional(), "1, the one format that this swarm reads"),
  nodes: field(z.array(z.unknown()).min(1), "a list of at least one package"),
  edges: field(z.array(z.unknown()), "a list"),
  order: field(z.array(index).optional(), "a list of the numbers of all nodes"),
});

/** The parts of a graph's file; null in the place of one that is wrong. */
export interface GraphParts {
  /** What each node is called, right or wrong. */
  names: string[];
  nodes: (z.infer<typeof nodeSchema> | null)[];
  edges: (z.infer<typeof edgeSchema> | null)[];
  order: number[] | undefined;
}

/** Checks the types of everything in a graph's file. `found` is null where not even its outline is right. */
export function parseGraph(data: unknown): { found: GraphParts | null; problems: string[] } {
  const outline = graphSchema.safeParse(data);
  if (!outline.success) {
    const problems = outline.error.issues.map(({ path }) => {
      const [key] = path;
      if (key === undefined) return `must be a JSON object with nodes and edges, not ${shown(data)}`;
      const value: unknown = typeof data === "object" && data !== null ? Reflect.get(data, key) : undefined;
      return complaint(path.map(String).join(" "), Reflect.get(graphSchema.shape, key), valueAt(value, path.slice(1)));
    });
    return { found: null, problems };
  }
  const { nodes, edges, order } = outline.data;
  const problems: string[] = [];
  const cpvs = nodes.map((node) => (Array.isArray(node) && typeof node[0] === "string" ? node[0] : null));
  return {
    found: {
      order,
      names: cpvs.map((own, i) => own ?? `node ${i}`),
      nodes: parseItems(nodes, nodeSchema, problems, {
        ...{ place: (i) => `node ${i}${cpvs[i] === null ? "" : ` (${cpvs[i]})`}`, fields: FIELDS },
        schemas: [cpv, text, text, text, text, cost, cost, cost, width, text, text],
      }),
      edges: parseItems(edges, edgeSchema, problems, {
        ...{ place: (i) => `edge ${i}`, fields: ["a", "b", "kind"], schemas: [index, index, kind] },
      }),
    },
    problems,
  };
}

interface ItemWords {
  place: (index: number) => string;
  fields: readonly string[];
  schemas: readonly z.ZodType[];
}

function parseItems<T>(items: readonly unknown[], schema: z.ZodType<T>, problems: string[], words: ItemWords) {
  return items.map((item, i): T | null => {
    const parsed = schema.safeParse(item);
    if (parsed.success) return parsed.data;
    const { place, fields, schemas } = words;
    if (!Array.isArray(item) || item.length < fields.length) {
      problems.push(
        `${place(i)}: must be a list of ${fields.length} fields (${fields.join(", ")}), not ${shown(item)}`,
      );
      return null;
    }
    for (const issue of parsed.error.issues) {
      const at = Number(issue.path[0] ?? 0);
      problems.push(complaint(`${place(i)}: ${fields[at] ?? `field ${at}`}`, schemas[at], item[at]));
    }
    return null;
  });
}

function complaint(place: string, schema: unknown, value: unknown): string {
  const must = schema instanceof z.ZodType ? schema.meta()?.must : undefined;
  const wanted = typeof must === "string" ? must : "right";
  return value === undefined
    ? `${place} is missing: it must be ${wanted}`
    : `${place} must be ${wanted}, not ${shown(value)}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 57)}...` : json;
}
