/** Columns and colours: what the screens of a terminal are made of. */

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
