/** Levenshtein distance with adjacent transpositions as one step (optimal string alignment). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, (beforeLast[column - 2] ?? 0) + 1);
      }
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}

/** Nobody mistypes more; comparing costs its square. characters */
const LONGEST = 100;

/**
 * The candidates that were probably meant by a mistyped word, the nearest first, equally near ones in their order; none
 * of which more than a third of the letters differ. Case does not count.
 */
export function nearestFew(word: string, candidates: Iterable<string>, most: number): string[] {
  if (word.length > LONGEST) return [];
  const allowed = ({ length }: string): number => Math.max(1, Math.floor(Math.max(word.length, length) / 3));
  return [...candidates]
    .filter((candidate) => Math.abs(candidate.length - word.length) <= allowed(candidate))
    .map((candidate) => ({ candidate, steps: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, steps }) => steps <= allowed(candidate))
    .sort((a, b) => a.steps - b.steps)
    .slice(0, most)
    .map(({ candidate }) => candidate);
}

/** The candidate that was probably meant by a mistyped word; null where none is near. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  return nearestFew(word, candidates, 1)[0] ?? null;
}
