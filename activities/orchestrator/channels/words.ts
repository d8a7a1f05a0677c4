import type { Notice } from "../../../model/alerts.ts";

/** The line that everything begins with: `[home] drone izar is lost`. */
export function headline({ title }: Notice, swarm: string): string {
  return `[${swarm}] ${title}`;
}

/** The message for a person, without its headline. */
export function bodyOf({ kind, text, alerts, others }: Notice): string {
  const [only] = alerts;
  const command = kind === "fired" && only?.command ? ["", `Run: ${only.command}`] : [];
  const rest = others.length > 0 ? ["", "Lasts as well:", ...others.map((title) => `- ${title}`)] : [];
  return [text, ...command, ...rest].join("\n");
}
