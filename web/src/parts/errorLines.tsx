import { AnsiReader } from "../lib/ansi.ts";

interface Props {
  lines: readonly string[];
  errorLine: string | undefined;
  /** Where several are on a page. */
  of?: string;
}

/** The lines around an error, which is marked among them. */
export function ErrorLines({ lines, errorLine, of }: Props) {
  const at = errorLine === undefined ? -1 : lines.indexOf(errorLine);
  const label = of === undefined ? "The lines around the error" : `The lines around the error of ${of}`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="log short" tabIndex={0} aria-label={label}>
      {lines.map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
        <div key={i} class={i === at ? "line error" : "line"}>
          {i === at ? <mark>{plain(line)}</mark> : plain(line) || " "}
        </div>
      ))}
    </section>
  );
}

/** A line without what a terminal obeys. */
export function plain(line: string): string {
  return new AnsiReader()
    .line(line)
    .map(({ text }) => text)
    .join("");
}
