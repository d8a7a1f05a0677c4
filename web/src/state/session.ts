import { computed, signal } from "@preact/signals";
import type { StateAnswer } from "../../../model/answers.ts";

const KEY = "swarm-token";

/** The token that requests carry; it is forgotten when the tab is closed. */
export const token = signal<string | null>(sessionStorage.getItem(KEY));

/** What the gateway lets this session do; null: it did not say yet, or nothing. */
export const role = signal<StateAnswer["role"]>(null);

/** The gateway shows nothing without a token. */
export const mustLogIn = signal(false);

/** Whether the dialog for the token is open. */
export const isLoggingIn = signal(false);

/** Why this session cannot act; null: it can. */
export const whyNot = computed<string | null>(() => {
  if (role.value === "operator") return null;
  if (token.value === null || mustLogIn.value) return "Log in with an operator's token to do this.";
  return role.value === null ? "Not connected yet." : "Your token is for viewing only.";
});

export function logIn(value: string): void {
  sessionStorage.setItem(KEY, value);
  token.value = value;
  mustLogIn.value = false;
}

export function logOut(): void {
  sessionStorage.removeItem(KEY);
  token.value = null;
  role.value = null;
}
