import type { ComponentChildren } from "preact";
import { PACKAGE_MARKS, type Tone } from "../../../model/marks.ts";
import type { PackageState } from "../../../model/run.ts";
import { duration, timestamp } from "../../../model/words.ts";
import { now } from "../state/clock.ts";
import { state } from "../state/live.ts";
import { packageHref } from "../state/router.ts";
import { scheduleOf } from "../wire/workflows.ts";
import { splitName } from "./words.ts";

/** A word in a colour, with a sign for those who do not see it. */
export function Chip({ tone, sign, children }: { tone: Tone; sign?: string; children: ComponentChildren }) {
  return (
    <span class={`chip ${tone}`}>
      {sign !== undefined && <span aria-hidden="true">{sign} </span>}
      {children}
    </span>
  );
}

export function StateChip({ state: of }: { state: PackageState | "present" }) {
  if (of === "present") return <Chip tone="faint">published</Chip>;
  const { tone, glyph, word } = PACKAGE_MARKS[of];
  return (
    <Chip tone={tone} sign={glyph}>
      {word}
    </Chip>
  );
}

/** A package's name that leads to its page. */
export function PackageLink({ cpv }: { cpv: string }) {
  const { category, rest } = splitName(cpv);
  return (
    <a class="package" href={packageHref(cpv)}>
      <span class="category">{category}/</span>
      {rest}
    </a>
  );
}

/**
 * Leads to a workflow in the engine's own page; nothing where that has none.
 * @param execution the engine's id of one execution; absent: the latest
 */
export function EngineLink({ workflow, execution, what }: { workflow: string; execution?: string; what: string }) {
  const path = [workflow, ...(execution === undefined ? [] : [execution])].map(encodeURIComponent).join("/");
  return <EnginePage path={`workflows/${path}`} what={what} />;
}

/** Leads to a schedule there. */
export function EngineScheduleLink({ name }: { name: string }) {
  return <EnginePage path={`schedules/${encodeURIComponent(scheduleOf(name))}`} what={`The schedule ${name}`} />;
}

function EnginePage({ path, what }: { path: string; what: string }) {
  const base = state.value?.webUi ?? null;
  if (base === null) return null;
  return <OutsideLink href={`${base.replace(/\/$/, "")}/${path}`} label={`${what} in the Temporal Web UI`} />;
}

export function OutsideLink({ href, label }: { href: string; label: string }) {
  return (
    <a
      class="outside"
      href={href}
      target="_blank"
      rel="noreferrer"
      aria-label={`${label} (opens a new tab)`}
      title={label}
    >
      Temporal <span aria-hidden="true">↗</span>
    </a>
  );
}

/** How long ago something was; the exact time where the pointer rests. */
export function Ago({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={timestamp(at)}>
      {duration(now.value - at)} ago
    </time>
  );
}

/** How long something has taken so far. */
export function Since({ at }: { at: number }) {
  return <>{duration(now.value - at)}</>;
}

interface MeterProps {
  label: string;
  /** From 0 to 1. */
  part: number;
  text: string;
  tone?: Tone;
}

/** How much of something is used. */
export function Meter({ label, part, text, tone = "name" }: MeterProps) {
  const percent = Math.round(100 * Math.min(1, Math.max(0, part)));
  return (
    <div class="meter">
      <span class="meter-label">{label}</span>
      <span class="meter-bar" aria-hidden="true">
        <span class={`meter-fill ${tone}`} style={{ width: `${percent}%` }} />
      </span>
      <span class="meter-text">{text}</span>
    </div>
  );
}

/** What a view says while there is nothing to show. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** What a view says when it could not be told. */
export function Problem({ text, onRetry }: { text: string; onRetry?: () => void }) {
  return (
    <div class="problem" role="alert">
      <p>{text}</p>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** A part of a view with a heading of its own. */
export function Card({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="card">
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** A table that scrolls by itself where the screen is narrow. */
export function Table({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="scroll" aria-label={label} tabIndex={0}>
      <table>{children}</table>
    </section>
  );
}

/** The names of a table's columns. */
export function Heads({ of }: { of: readonly string[] }) {
  return (
    <thead>
      <tr>
        {of.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}
