import { messageOf, usageError } from "../model/errors.ts";
import { checkWorldMember } from "../portage/atomList.ts";

/** Gathers `--packages a,b --packages c`: commander calls it for each. Commas inside [use,flags] do not separate. */
export function gatherAtoms(value: string, before: string[]): string[] {
  return [...before, ...value.split(/,(?![^[]*\])/).map((atom) => atom.trim())];
}

/** UserError with everything that is wrong with the atoms of a command line. */
export function checkAtoms(atoms: readonly string[]): void {
  const problems = atoms.flatMap((atom) => {
    try {
      checkWorldMember(atom);
      return [];
    } catch (error) {
      return [messageOf(error)];
    }
  });
  if (problems.length > 0) throw usageError(problems);
}
