import { signal } from "@preact/signals";

export const VIEWS = [
  "overview",
  "drones",
  "timeline",
  "graph",
  "packages",
  "package",
  "logs",
  "snapshots",
  "schedules",
  "history",
  "events",
] as const;
export type ViewName = (typeof VIEWS)[number];

/** What the part of the address after `#` names. */
export interface Route {
  view: ViewName;
  /** What follows the view: names. */
  path: string[];
  query: URLSearchParams;
}

/** The route of `#/view/name/...?key=value`; the overview where it names no view. */
export function parseRoute(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?");
  const [first, ...rest] = path.split("/").map(unescaped);
  const view = VIEWS.find((name) => name === first) ?? "overview";
  return { view, path: rest.filter((part) => part !== ""), query: new URLSearchParams(search) };
}

/** The address of a view. */
export function href(view: ViewName, path: readonly string[] = [], query: Record<string, string | null> = {}): string {
  const given = Object.entries(query).flatMap(([key, value]) => (value ? [[key, value]] : []));
  const search = given.length > 0 ? `?${new URLSearchParams(given)}` : "";
  return `#/${[view, ...path].map(encodeURIComponent).join("/")}${search}`;
}

/** A package's page. */
export function packageHref(cpv: string, query: Record<string, string | null> = {}): string {
  return href("package", cpv.split("/"), query);
}

export const route = signal(parseRoute(location.hash));

let shown = location.hash;

addEventListener("hashchange", () => {
  if (isRoute(location.hash)) follow();
  // The skip link moves the focus; where the page is stays in its address.
  else history.replaceState(null, "", shown === "" ? location.pathname : shown);
});

function isRoute(hash: string): boolean {
  return hash === "" || hash.startsWith("#/");
}

function follow(): void {
  clearTimeout(timer);
  shown = location.hash;
  route.value = parseRoute(shown);
}

/** A browser takes only so many changes of an address in a time. ms */
const ADDRESS_AFTER_MS = 250;

let timer: ReturnType<typeof setTimeout> | undefined;

/** Changes what the view shows without a step in the browser's history: a filter, while it is typed. The address follows. */
export function refine(query: Record<string, string | null>): void {
  const { view, path } = route.value;
  shown = href(view, path, query);
  route.value = parseRoute(shown);
  clearTimeout(timer);
  timer = setTimeout(() => history.replaceState(null, "", shown), ADDRESS_AFTER_MS);
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
