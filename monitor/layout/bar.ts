/** A bar of so many columns of which a part (0 to 1) is full; what lies beyond fills it. */
export function bar(part: number, width: number): string {
  const full = Math.max(0, Math.min(width, Math.floor(part * width)));
  return "█".repeat(full) + "░".repeat(width - full);
}
