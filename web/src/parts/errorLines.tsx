import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { AnsiReader } from "../lib/ansi.ts";
import { middleOf } from "../lib/scrolling.ts";

interface Props {
  lines: readonly string[];
  errorLine: string | undefined;
  /** Where several are on a page. */
  of?: string;
}

/** The lines around an error, which is marked among them and in sight. */
export function ErrorLines({ lines, errorLine, of }: Props) {
  const box = useRef<HTMLElement>(null);
  const at = errorLine === undefined ? -1 : lines.indexOf(errorLine);
  const label = of === undefined ? "The lines around the error" : `The lines around the error of ${of}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: of another error
  useLayoutEffect(() => {
    const mark = box.current?.querySelector("mark");
    if (box.current && mark) box.current.scrollTop = middleOf(box.current, mark);
  }, [errorLine, lines.length]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="log short" tabIndex={0} aria-label={label} ref={box}>
      {lines.map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
        <div key={i} class={i === at ? "line error" : "line"}>
          {i === at ? <mark>{plain(line)}</mark> : plain(line) || " "}
        </div>
      ))}
    </section>
  );
}

/** The same, once they are asked for. */
export function MoreErrorLines(props: Props) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        The lines around it{props.of !== undefined && <span class="visually-hidden">, of {props.of}</span>}
      </summary>
      {isOpen && <ErrorLines {...props} />}
    </details>
  );
}

/** A line without what a terminal obeys. */
export function plain(line: string): string {
  return new AnsiReader()
    .line(line)
    .map(({ text }) => text)
    .join("");
}
