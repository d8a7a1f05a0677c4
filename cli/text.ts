/** Words for times and sizes, and columns: what the screens are made of. */

/** `12m 04s`, `2h 14m`, `3d 4h`; seconds alone below a minute. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 24) return `${Math.floor(hours / 24)}d ${hours % 24}h`;
  if (hours > 0) return `${hours}h ${two(minutes % 60)}m`;
  if (minutes > 0) return `${minutes}m ${two(seconds % 60)}s`;
  return `${seconds}s`;
}

/** `512 B`, `1.4 MiB`. */
export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ""}`;
}

/** `1 package`, `2 packages`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Local time to the second: `2026-11-21 01:01:07`. */
export function timestamp(ms: number): string {
  const at = new Date(ms);
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${clock(ms)}`;
}

/** Local time of day: `01:01:07`. */
export function clock(ms: number): string {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

export interface Column {
  title: string;
  align?: "right";
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of colours
const COLOURS = /\u001b\[[0-9;]*m/g;

/** Colour codes take no width. */
function widthOf(text: string): number {
  return text.replace(COLOURS, "").length;
}

/** At most so many columns; colours are reset where the text was cut. */
export function truncate(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let left = columns - 1;
  let cut = "";
  let last = 0;
  for (const match of [...text.matchAll(COLOURS), null]) {
    const words = text.slice(last, match?.index ?? text.length);
    cut += words.slice(0, Math.max(0, left)) + (match?.[0] ?? "");
    left -= words.length;
    last = (match?.index ?? 0) + (match?.[0].length ?? 0);
  }
  return `${cut}…`;
}

/** Rows under their titles, each column as wide as its widest cell, two spaces between; nothing after the last cell. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((column, i) => Math.max(column.title.length, ...rows.map((row) => widthOf(row[i] ?? ""))));
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, i) => {
        const cell = cells[i] ?? "";
        const space = " ".repeat((widths[i] ?? 0) - widthOf(cell));
        return column.align === "right" ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...rows.map(line)];
}
