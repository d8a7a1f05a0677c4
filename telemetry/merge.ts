import { Exposition } from "./exposition.ts";
import { fetchText } from "./fetchText.ts";

/** So long one role may take for its metrics. ms */
const WITHIN_MS = 2_000;
/** More than this is nobody's metrics. bytes */
const MAX_BYTES = 8 * 2 ** 20;
const UP = "# HELP swarm_role_up 1 if the role told its metrics.\n# TYPE swarm_role_up gauge\nswarm_role_up ";
const ROLE_INFO = /^swarm_role_info\{(?:.*,)?role="([^"]*)"/m;

/**
 * A process's own metrics and those of all roles that answer, as one text. Each value of a role gets the labels `role` and
 * `instance` (its host and port); `swarm_role_up` tells which roles answered.
 * @param own text of the process that asks
 * @param targets base addresses of roles: `http://127.0.0.1:9464`
 */
export async function mergedMetrics(own: string, targets: readonly string[]): Promise<string> {
  const merged = new Exposition();
  merged.add(own);
  const texts = await Promise.all(
    [...new Set(targets)].map(async (target) => {
      const instance = URL.canParse(target) ? new URL(target).host : target;
      const text = await fetchText(`${target}/metrics`, { withinMs: WITHIN_MS, maxBytes: MAX_BYTES }).catch(() => null);
      return { instance, text };
    }),
  );
  for (const { instance, text } of texts) merged.add(`${UP}${text === null ? 0 : 1}\n`, { instance });
  for (const { instance, text } of texts) {
    if (text === null) continue;
    const role = ROLE_INFO.exec(text)?.[1];
    merged.add(text, { instance, ...(role === undefined ? {} : { role }) });
  }
  return merged.toString();
}
