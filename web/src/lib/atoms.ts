/** Atoms as people write them, with commas, spaces or lines between; commas inside [use,flags] do not separate. */
export function atomsIn(text: string): string[] {
  return text.split(/[\s,]+(?![^[\s]*\])/).filter((atom) => atom !== "");
}
