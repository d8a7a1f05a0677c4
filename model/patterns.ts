/** A version as it ends a CPV (PMS 3.2): `-1.2.3b_rc4-r5`. */
const VERSION = /-\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*(?:-r\d+)?$/;

/** category/name of a CPV. */
export const nameOf = (cpv: string): string => cpv.replace(VERSION, "");

/** Whether a pattern of packages, `category/name` where `*` stands for anything, means a CPV. */
export function matchesPattern(pattern: string, cpv: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(nameOf(cpv));
}
