import { token } from "../state/session.ts";

/** A refusal of the gateway, or that it does not answer (status 0). */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly status: number;
  /** What to do about it, where the gateway said so. */
  readonly hint: string | null;

  constructor(status: number, message: string, hint: string | null = null) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

const BASE = "api/v1/";

/** Path and query of a request; names are escaped, what is undefined or null is left out. */
export function address(
  path: readonly (string | number)[],
  query: Record<string, string | number | boolean | null | undefined> = {},
): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined) search.set(key, String(value));
  }
  const rest = search.size > 0 ? `?${search}` : "";
  return `${BASE}${path.map((part) => encodeURIComponent(part)).join("/")}${rest}`;
}

/** A request with the token of the session. @throws RequestError unless it was answered with success. */
export async function send(url: string, init: RequestInit = {}, as: string | null = token.value): Promise<Response> {
  const headers = new Headers(init.headers);
  if (as !== null) headers.set("authorization", `Bearer ${as}`);
  let response: Response;
  try {
    response = await fetch(url, { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new RequestError(0, "The gateway does not answer.", "Nothing is lost: builds go on. Try again in a moment.");
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

/** GET of JSON. The gateway is of this page's own version: its answers are taken as they are typed. */
export async function get<T>(url: string, signal?: AbortSignal): Promise<T> {
  const response = await send(url, signal ? { signal } : {});
  return (await response.json()) as T;
}

export async function remove<T>(url: string): Promise<T> {
  const response = await send(url, { method: "DELETE" });
  return (await response.json()) as T;
}

/** POST of JSON. */
export async function post<T>(url: string, body: object = {}): Promise<T> {
  const headers = { "content-type": "application/json" };
  const response = await send(url, { method: "POST", headers, body: JSON.stringify(body) });
  return (await response.json()) as T;
}

async function refusal(response: Response): Promise<RequestError> {
  const said: unknown = await response.json().catch(() => null);
  const { error, hint } = (typeof said === "object" && said !== null ? said : {}) as {
    error?: unknown;
    hint?: unknown;
  };
  const message = typeof error === "string" ? error : `The gateway answered with HTTP ${response.status}.`;
  return new RequestError(response.status, message, typeof hint === "string" ? hint : null);
}

/** What went wrong, and what to do, for people. */
export function wordsOf(error: unknown): string {
  if (error instanceof RequestError) {
    // What to ask the API is for programs.
    const hint = error.hint?.replaceAll(/(?:^| )GET \/\S+ [^.]*\./g, "").trim();
    return hint ? `${sentence(error.message)} ${hint}` : error.message;
  }
  return error instanceof Error ? error.message : String(error);
}

/** A remark with a capital letter, unless it begins with a package's or a run's name, and a full stop. */
export function sentence(text: string): string {
  const closed = /[.!?:]$/.test(text) ? text : `${text}.`;
  return /^[a-z]+(?![^\s,;:.'])/.test(closed) ? closed.charAt(0).toUpperCase() + closed.slice(1) : closed;
}
