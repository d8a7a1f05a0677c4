/** Gathers `--packages a,b --packages c`: commander calls it for each. Commas inside [use,flags] do not separate. */
export function gatherAtoms(value: string, before: string[]): string[] {
  return [...before, ...value.split(/,(?![^[]*\])/).map((atom) => atom.trim())];
}
