import { Exposition } from "./exposition.ts";
import { fetchText } from "./fetchText.ts";

/** So long one role may take for its metrics. ms */
const WITHIN_MS = 2_000;
/** More than this is nobody's metrics. bytes */
const MAX_BYTES = 8 * 2 ** 20;
const UP = "# HELP swarm_role_up 1 if the role told its metrics.\n# TYPE swarm_role_up gauge\nswarm_role_up ";
const ROLE_INFO = /^swarm_role_info\{(?:.*,)?role="([^"]*)"/m;

/** Whose metrics are put together. */
export interface MetricSources {
  /** Texts of the process that asks. */
  own: readonly string[];
  /** Base addresses of roles: `http://127.0.0.1:9464`. */
  roles: readonly string[];
  /** Those of roles that have ended though nobody stopped them: they are told to be down, unless another one is there now. */
  ended?: readonly string[];
}

/**
 * A process's own metrics and those of all roles that answer, as one text. Each value of a role gets the labels `role` and
 * `instance` (its host and port), a process's own the first alone; `swarm_role_up` tells which roles answered.
 */
export async function mergedMetrics({ own, roles, ended = [] }: MetricSources): Promise<string> {
  const merged = new Exposition();
  for (const text of own) merged.add(text, roleOf(text));
  const texts = await Promise.all(
    [...new Set(roles)].map(async (role) => {
      const text = await fetchText(`${role}/metrics`, { withinMs: WITHIN_MS, maxBytes: MAX_BYTES }).catch(() => null);
      return { instance: instanceOf(role), text };
    }),
  );
  const down = [...new Set(ended)].filter((role) => !roles.includes(role));
  const all = [...texts, ...down.map((role) => ({ instance: instanceOf(role), text: null }))];
  for (const { instance, text } of all) merged.add(`${UP}${text === null ? 0 : 1}\n`, { instance });
  for (const { instance, text } of texts) if (text !== null) merged.add(text, { instance, ...roleOf(text) });
  return merged.toString();
}

const instanceOf = (role: string): string => (URL.canParse(role) ? new URL(role).host : role);

function roleOf(text: string): { role?: string } {
  const role = ROLE_INFO.exec(text)?.[1];
  return role === undefined ? {} : { role };
}
