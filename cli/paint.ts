import { styleText } from "node:util";

/** The colours of our screens, by meaning. */
const STYLES = {
  good: "green",
  bad: "red",
  warn: "yellow",
  title: "bold",
  faint: "dim",
  name: "cyan",
  chosen: "inverse",
} as const;
export type Style = keyof typeof STYLES;

/** Colours a text, or leaves it as it is: screens get one and do not know which. */
export type Paint = (style: Style, text: string) => string;

/** For pipes, files and tests. */
export const plain: Paint = (_style, text) => text;

/** For a terminal. */
export const coloured: Paint = (style, text) => styleText(STYLES[style], text, { validateStream: false });

/** Whether a stream wants colours: a terminal that has them, and no NO_COLOR (https://no-color.org). */
export function wantsColour(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  return stream.isTTY === true && stream.hasColors(env);
}
