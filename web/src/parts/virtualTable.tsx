import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

interface Props<Row> {
  label: string;
  rows: readonly Row[];
  keyOf(row: Row): string;
  head: ComponentChildren;
  /** Exactly the cells of a row. */
  cells(row: Row): ComponentChildren;
}

/** Must be what the style sheet gives `.virtual tbody tr`. CSS pixels */
const ROW_HEIGHT = 40;
/** Rows drawn above and below of what is seen. */
const SPARE = 12;

/** A table of any length of which only the rows in sight are drawn. */
export function VirtualTable<Row>({ label, rows, keyOf, head, cells }: Props<Row>) {
  const box = useRef<HTMLElement>(null);
  const [{ top, height }, setPlace] = useState({ top: 0, height: 800 });
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => setPlace({ top: element.scrollTop, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", measure);
    };
  }, []);
  const first = Math.max(0, Math.min(Math.floor(top / ROW_HEIGHT), rows.length - 1) - SPARE);
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW_HEIGHT) + SPARE);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="scroll virtual" aria-label={label} tabIndex={0} ref={box}>
      <table aria-rowcount={rows.length + 1}>
        <thead>{head}</thead>
        <tbody>
          <Spacer rows={first} />
          {rows.slice(first, last).map((row, i) => (
            <tr key={keyOf(row)} aria-rowindex={first + i + 2}>
              {cells(row)}
            </tr>
          ))}
          <Spacer rows={rows.length - last} />
        </tbody>
      </table>
    </section>
  );
}

function Spacer({ rows }: { rows: number }) {
  if (rows <= 0) return null;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row is not focusable
    <tr aria-hidden="true" class="spacer" style={{ height: `${rows * ROW_HEIGHT}px` }}>
      <td />
    </tr>
  );
}
