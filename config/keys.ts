import { isIP } from "node:net";
import { z } from "zod";
import { isName, NAME_RULE } from "../model/names.ts";

/** What people are told about one key: in error messages, and checked against the sample file. */
interface KeyFacts {
  /** What the value is for. */
  purpose: string;
  /** What the value must be, unit included: continues the sentence "must be ...". */
  must: string;
  /** The default in words or as TOML; null where the key must be given. */
  default: string | null;
}

/** Keys have all their defaults in load.ts's hands, since some depend on others: so a key is optional here. */
function optional<T extends z.ZodType>(schema: T, facts: KeyFacts) {
  return schema.optional().meta({ ...facts });
}

function hasControlCharacter(text: string): boolean {
  for (const character of text) {
    const code = character.charCodeAt(0);
    if (code < 32 || code === 127) return true;
  }
  return false;
}

/** A text without control characters, not empty, and not an option when it reaches a command line. */
function isPlainText(text: string): boolean {
  return text !== "" && !hasControlCharacter(text) && !text.startsWith("-");
}

function isPathText(text: string): boolean {
  return text !== "" && !hasControlCharacter(text) && !/^~[^/]/.test(text);
}

function isHttpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) && url.search === "" && url.hash === "" && url.username === "";
}

const PATH_RULE = "a path (absolute, relative to this file, or beginning with ~/)";

const pathSchema = z.string().refine(isPathText).meta({ must: PATH_RULE, default: null });
export const nameSchema = z
  .string()
  .refine(isName)
  .meta({ must: `a name (${NAME_RULE})`, default: null });

/** A whole number; `what` is its unit: "minutes", "builds at once". */
export function wholeNumber(min: number, max: number, what: string, fallback: string, purpose: string) {
  const must = `a whole number of ${what} from ${min} to ${max}`;
  return optional(z.int().min(min).max(max), { purpose, must, default: fallback });
}

/** GiB of something that is needed, without a default. */
export const givenGibibytes = z.number().positive().max(1_000_000).meta({
  purpose: "Memory that such a build may need in all, whatever its jobs.",
  must: "a number of GiB above 0, up to 1000000",
  default: null,
});

export function gibibytes(fallback: string, purpose: string) {
  const must = "a number of GiB from 0 to 1000000";
  return optional(z.number().min(0).max(1_000_000), { purpose, must, default: fallback });
}

/** Not 0: of something that is needed. */
export function someGibibytes(fallback: string, purpose: string) {
  const must = "a number of GiB above 0, up to 1000000";
  return optional(z.number().positive().max(1_000_000), { purpose, must, default: fallback });
}

const PATTERN_RULE = 'a pattern as "category/name", where * stands for anything';

export const patternSchema = z
  .string()
  .regex(/^[\w+.*-]+\/[\w+*-]+$/)
  .meta({ must: PATTERN_RULE, default: null });

/** Packages by category and name, where * stands for anything. */
export function patterns(fallback: string, purpose: string) {
  const must = `a list of ${PATTERN_RULE.replace("a pattern", "patterns")}`;
  return optional(z.array(patternSchema), { purpose, must, default: fallback });
}

/** Groups of such packages. */
export function patternGroups(fallback: string, purpose: string) {
  const must = `a list of groups, each a list of ${PATTERN_RULE.replace("a pattern", "patterns")}`;
  return optional(z.array(z.array(patternSchema).min(1)), { purpose, must, default: fallback });
}

export function port(min: 0 | 1, fallback: string, purpose: string) {
  const must = min === 0 ? "a TCP port from 1 to 65535, or 0 for a free one" : "a TCP port from 1 to 65535";
  return optional(z.int().min(min).max(65535), { purpose, must, default: fallback });
}

export function portOrOff(fallback: string, purpose: string) {
  const must = "a TCP port from 1 to 65535, or 0 for none at all";
  return optional(z.int().min(0).max(65535), { purpose, must, default: fallback });
}

export function trueOrFalse(fallback: string, purpose: string) {
  return optional(z.boolean(), { purpose, must: "true or false", default: fallback });
}

export function path(fallback: string, purpose: string) {
  return optional(pathSchema, { purpose, must: PATH_RULE, default: fallback });
}

export function paths(fallback: string, purpose: string) {
  return optional(z.array(pathSchema), { purpose, must: `a list, each member ${PATH_RULE}`, default: fallback });
}

export function name(fallback: string, purpose: string) {
  return optional(nameSchema, { purpose, must: `a name (${NAME_RULE})`, default: fallback });
}

export function names(fallback: string, purpose: string) {
  return optional(z.array(nameSchema), { purpose, must: `a list of names (${NAME_RULE})`, default: fallback });
}

export function text(fallback: string, purpose: string) {
  return optional(z.string().refine(isPlainText), {
    purpose,
    must: "a text without control characters",
    default: fallback,
  });
}

export function hostName(fallback: string, purpose: string) {
  const must = "a host's name or IP address, without a port";
  const isHost = (value: string): boolean => isIP(value) !== 0 || /^\w([\w.-]*\w)?\.?$/.test(value);
  return optional(z.string().max(253).refine(isHost), { purpose, must, default: fallback });
}

const MAIL_RULE = 'an address like swarm@example.org or "Build Swarm <swarm@example.org>"';
const mailSchema = z
  .string()
  .refine((text) => isPlainText(text) && /^([^\s@<>,]+@[^\s@<>,]+|[^@<>,]+ <[^\s@<>,]+@[^\s@<>,]+>)$/.test(text))
  .meta({ must: MAIL_RULE, default: null });

export function mailAddress(fallback: string, purpose: string) {
  return optional(mailSchema, { purpose, must: MAIL_RULE, default: fallback });
}

export function mailAddresses(fallback: string, purpose: string) {
  return optional(z.array(mailSchema), { purpose, must: `a list, each member ${MAIL_RULE}`, default: fallback });
}

export function ipAddress(fallback: string, purpose: string) {
  const must = "an IPv4 or IPv6 address of this machine";
  return optional(
    z.string().refine((value) => isIP(value) !== 0),
    { purpose, must, default: fallback },
  );
}

export function httpUrl(fallback: string, purpose: string) {
  const must = "an http:// or https:// address without user, query and fragment";
  return optional(z.string().refine(isHttpUrl), { purpose, must, default: fallback });
}

export function httpUrls(fallback: string, purpose: string) {
  const must = "a list of http:// or https:// addresses without user, query and fragment";
  return optional(z.array(z.string().refine(isHttpUrl)), { purpose, must, default: fallback });
}

/** An address, or a network as address and length of its prefix. */
function isNetwork(text: string): boolean {
  const [address = "", length, ...more] = text.split("/");
  const family = address.includes("%") ? 0 : isIP(address);
  if (family === 0 || more.length > 0) return false;
  if (length === undefined) return true;
  return /^[1-9]\d{0,2}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128);
}

export function networks(fallback: string, purpose: string) {
  const must = "an IP address or a network, like 127.0.0.1, 10.0.0.0/8 or fd00::/8";
  const entry = z.string().refine(isNetwork).meta({ must, default: null });
  return optional(z.array(entry), { purpose, must: `a list, each member ${must}`, default: fallback });
}

/** Services of a kind that the gateway looks after. */
export function services(purpose: string) {
  const must = "a list of tables { name, url, priority }, the lowest priority first";
  const entry = z.strictObject({
    name: nameSchema,
    url: z.string().refine(isHttpUrl),
    priority: z.int().min(0).max(1000).optional(),
  });
  return optional(z.array(entry), { purpose, must, default: "those of this configuration" });
}

/** Of a `[[gateway.hook]]`: all but `ref` must be given. */
export const hookKeys = {
  name: nameSchema.meta({
    purpose: "The last part of its address, /api/v1/hooks/NAME.",
    must: `a name (${NAME_RULE})`,
    default: null,
  }),
  secret_file: pathSchema.meta({
    purpose: "File with the secret that its requests are signed with.",
    must: PATH_RULE,
    default: null,
  }),
  action: z.enum(["update"]).meta({ purpose: "What it starts.", must: '"update"', default: null }),
  target: nameSchema.meta({ purpose: "The target to update.", must: `a name (${NAME_RULE})`, default: null }),
  ref: optional(z.string().refine(isPlainText), {
    purpose: "The only branch or tag whose pushes count.",
    must: 'a ref, like "refs/heads/main"',
    default: "any",
  }),
};

/** Keys without a default, of a `[[tree]]`. */
export const treeName = nameSchema.meta({
  purpose: "The repository's name, as in its profiles/repo_name.",
  must: `a name (${NAME_RULE})`,
  default: null,
});
export const treeSync = z.enum(["git", "rsync", "directory"]).meta({
  purpose: "How the tree reaches a drone.",
  must: 'one of "git", "rsync", "directory"',
  default: null,
});
export const treeUri = z
  .string()
  .refine((value) => isPlainText(value) && isPathText(value))
  .meta({
    purpose: "Where the tree is.",
    must: 'a git address or path for "git", an rsync:// address for "rsync", a directory for "directory"',
    default: null,
  });
