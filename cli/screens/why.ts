import type { PackageView } from "../../model/run.ts";
import { clock, duration } from "../../model/words.ts";
import type { WhyAnswer } from "../../workflows/messages.ts";
import type { Paint, Style } from "../paint.ts";
import { excerptLines } from "./excerpt.ts";
import { label } from "./parts.ts";

const STATE_WORDS: Record<PackageView["state"], readonly [string, Style]> = {
  needed: ["needed", "name"],
  delegated: ["building", "name"],
  received: ["received", "good"],
  failed: ["failed", "bad"],
  skipped: ["skipped", "warn"],
};

/** `swarm why PACKAGE`: why it is built, why it is where it is, and every attempt. */
export function whyScreen(view: PackageView, answer: WhyAnswer | undefined, at: number, paint: Paint): string[] {
  const [word, style] = STATE_WORDS[view.state];
  const lines = [
    `${paint("title", view.cpv)}   ${paint(style, word)}`,
    `${label("Why built")}${view.reason || "the update asks for it"}`,
  ];
  if (answer) lines.push(`${label("Now")}${answer.why}`);
  for (const attempt of view.attempts) {
    const time = duration((attempt.endedAt ?? at) - attempt.startedAt);
    const end = attempt.failure
      ? `${paint("bad", "✗")} ${attempt.failure.class}: ${attempt.failure.message}`
      : attempt.endedAt === undefined
        ? "building"
        : "ended";
    const text = `${attempt.drone}, -j${attempt.jobs}, from ${clock(attempt.startedAt)}, ${time}: ${end}`;
    lines.push(`${label(`Attempt ${attempt.attempt}`)}${text}`);
    if (attempt.failure) lines.push(...excerptLines(attempt.failure, paint));
  }
  if (view.state === "failed") lines.push(`  → Look: swarm logs ${view.cpv}`, `  → Run: swarm unblock ${view.cpv}`);
  if (view.state === "skipped" && view.cause) lines.push(`  → Look: swarm why ${view.cause}`);
  return lines;
}
