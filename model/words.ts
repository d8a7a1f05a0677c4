/** Words for times, sizes and numbers: what every screen is made of. */

/** `12m 04s`, `2h 14m`, `3d 4h`; seconds alone below a minute. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 24) return `${Math.floor(hours / 24)}d ${hours % 24}h`;
  if (hours > 0) return `${hours}h ${two(minutes % 60)}m`;
  if (minutes > 0) return `${minutes}m ${two(seconds % 60)}s`;
  return `${seconds}s`;
}

/** `512 B`, `1.4 MiB`. */
export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ""}`;
}

/** `1 package`, `2 packages`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Local time to the second: `2026-11-21 01:01:07`. */
export function timestamp(ms: number): string {
  const at = new Date(ms);
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${clock(ms)}`;
}

/** Local time of day: `01:01:07`. */
export function clock(ms: number): string {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** A time where people are: `Sun 2026-11-22 02:00 +01:00`. @param timezone an IANA name. */
export function zonedTime(ms: number, timezone: string): string {
  const format = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone: timezone, weekday: "short", year: "numeric", month: "2-digit", day: "2-digit" },
    ...{ hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "longOffset" },
  });
  const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  const [weekday, year, month, day, hour, minute, zone] = (
    ["weekday", "year", "month", "day", "hour", "minute", "timeZoneName"] as const
  ).map((type) => parts.get(type) ?? "");
  // It says `GMT` where there is no difference.
  return `${weekday} ${year}-${month}-${day} ${hour}:${minute} ${zone?.slice(3) || "+00:00"}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

/** What people write for others, like the reason of a pause: it reaches terminals, mails and the channels of alerts. */
export const PLAIN_TEXT = /^\P{Cc}*$/u;
export const PLAIN_RULE = "one line without control characters";
