import { messageOf, usageError } from "../model/errors.ts";
import { checkWorldMember } from "../portage/atomList.ts";

/** UserError with everything that is wrong with the atoms that somebody gave. */
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
