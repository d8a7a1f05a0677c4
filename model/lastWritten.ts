/**
 * What is to be seen of a line that was written over, as a progress is: what follows the last carriage return, but for
 * those at its end, over which only what comes next is written. They stay.
 */
export function lastWritten(line: string): string {
  let end = line.length;
  while (line[end - 1] === "\r") end--;
  return end === 0 ? "" : line.slice(line.lastIndexOf("\r", end - 1) + 1);
}
