/** What of a timeline is seen. ms since the epoch */
export interface Span {
  from: number;
  to: number;
}

/** Nobody needs to see less. ms */
const SHORTEST_MS = 2_000;

/** Zooms by a factor (less than 1: closer) around a place from 0 (left) to 1, within what there is. */
export function zoomed(span: Span, factor: number, place: number, whole: Span): Span {
  const length = span.to - span.from;
  const next = Math.min(Math.max(length * factor, SHORTEST_MS), Math.max(SHORTEST_MS, whole.to - whole.from));
  const from = span.from + (length - next) * place;
  return within({ from, to: from + next }, whole);
}

/** Moved by a part of what is seen, within what there is. */
export function moved(span: Span, part: number, whole: Span): Span {
  const by = (span.to - span.from) * part;
  return within({ from: span.from + by, to: span.to + by }, whole);
}

function within({ from, to }: Span, whole: Span): Span {
  const length = Math.min(to - from, Math.max(SHORTEST_MS, whole.to - whole.from));
  const begin = Math.max(whole.from, Math.min(from, whole.to - length));
  return { from: begin, to: begin + length };
}

/** Round times for an axis, about so many. */
export function ticks({ from, to }: Span, wanted: number): { step: number; times: number[] } {
  const second = 1_000;
  const minute = 60 * second;
  const hour = 60 * minute;
  const steps = [
    ...[1, 2, 5, 10, 15, 30].map((n) => n * second),
    ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
    ...[1, 2, 3, 6, 12, 24, 48, 168].map((n) => n * hour),
  ];
  const step = steps.find((one) => (to - from) / one <= wanted) ?? 720 * hour;
  const offset = new Date(from).getTimezoneOffset() * minute;
  const first = Math.ceil((from - offset) / step) * step + offset;
  const times: number[] = [];
  for (let time = first; time <= to; time += step) times.push(time);
  return { step, times };
}
