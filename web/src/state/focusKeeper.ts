/** What has the focus, where it is, and what it is, so that it is found again when it is drawn anew. */
interface Held {
  element: HTMLElement;
  /** Of the nearest first. */
  around: readonly HTMLElement[];
  href: string | null;
}

let held: Held | null = null;

/**
 * Whoever uses the keyboard keeps his place on a page that changes by itself: where what has the focus moves, it has it
 * again; where it goes, the same link elsewhere in its part of the page gets it, else that part, else the heading.
 */
export function keepFocus(root: HTMLElement): void {
  root.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLElement) held = { element: target, around: parentsOf(target), href: hrefOf(target) };
  });
  // Who points elsewhere leaves it.
  document.addEventListener("pointerdown", () => {
    held = null;
  });
  new MutationObserver(restore).observe(root, { childList: true, subtree: true });
}

function restore(): void {
  const active = document.activeElement;
  if (held === null || !document.hasFocus() || (active !== null && active !== document.body)) return;
  next(held)?.focus({ preventScroll: true });
}

function next({ element, around, href }: Held): HTMLElement | null {
  if (element.isConnected) return element;
  const heading = document.querySelector<HTMLElement>("main h1");
  const part = around.find((each) => each.isConnected && each.matches("section, article, main"));
  if (part === undefined) return heading;
  const links = href === null ? [] : [...part.querySelectorAll<HTMLElement>("a[href]")];
  const same = links.find((each) => hrefOf(each) === href);
  if (same) return same;
  if (part.id === "main") return heading;
  if (!part.hasAttribute("tabindex")) part.tabIndex = -1;
  return part;
}

function parentsOf(element: HTMLElement): HTMLElement[] {
  const parents: HTMLElement[] = [];
  for (let each = element.parentElement; each !== null; each = each.parentElement) parents.push(each);
  return parents;
}

const hrefOf = (element: HTMLElement): string | null => element.getAttribute("href");
