/** A version as it ends a CPV (PMS 3.2): `-1.2.3b_rc4-r5`. */
const VERSION = /-\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*(?:-r\d+)?$/;

/** category/name of a CPV. */
export const nameOf = (cpv: string): string => cpv.replace(VERSION, "");

/**
 * Whether a pattern of packages, `category/name` where `*` stands for anything, means a CPV. No regular expression: with
 * many stars one would try every way to share the name among them.
 */
export function matchesPattern(pattern: string, cpv: string): boolean {
  const name = nameOf(cpv);
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.pop();
  if (tail === undefined) return name === head;
  if (!name.startsWith(head)) return false;
  let from = head.length;
  for (const part of rest) {
    const at = name.indexOf(part, from);
    if (at === -1) return false;
    from = at + part.length;
  }
  return name.length - tail.length >= from && name.endsWith(tail);
}
