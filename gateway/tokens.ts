import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { z } from "zod";
import { messageOf, UserError, usageError } from "../model/errors.ts";
import { isName, NAME_RULE } from "../model/names.ts";
import { writeFileAtomic } from "../system/atomicFile.ts";
import { withLock } from "../system/lock.ts";
import { nearest } from "../system/nearest.ts";
import { type Caller, ROLES } from "./roles.ts";

const TokenSchema = z.object({
  name: z.string().refine(isName),
  role: z.enum(ROLES),
  /** SHA-256 of the token, hexadecimal. A token has 256 random bits: no slow hash is needed. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** ms since the epoch; `expiresAt` null: never. */
  createdAt: z.number(),
  expiresAt: z.number().nullable(),
});
const FileSchema = z.object({
  format: z.literal("build-swarm-tokens"),
  version: z.literal(1),
  tokens: TokenSchema.array(),
});

/** A token as its file has it: it cannot be had back from that. */
export type StoredToken = z.infer<typeof TokenSchema>;

/** A change of the file is seen after so long at the latest. ms */
const RECHECK_MS = 1_000;

const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();

/** The tokens in a file. UserError: it is no such file. None where there is no file. */
export async function readTokens(file: string): Promise<StoredToken[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new UserError(`cannot read the tokens ${file}: ${messageOf(error)}`);
  }
  try {
    return FileSchema.parse(JSON.parse(text)).tokens;
  } catch {
    throw new UserError(`${file} is no file of tokens: move it away, and make new ones: swarm token add NAME`);
  }
}

async function changeTokens<T>(file: string, change: (tokens: StoredToken[]) => [StoredToken[], T]): Promise<T> {
  return withLock(`${file}.lock`, async () => {
    const [tokens, answer] = change(await readTokens(file));
    const data = { format: "build-swarm-tokens", version: 1, tokens } satisfies z.infer<typeof FileSchema>;
    await writeFileAtomic(file, `${JSON.stringify(data, null, 2)}\n`, 0o600);
    return answer;
  });
}

/** A new token: 256 random bits. */
export const newToken = (): string => randomBytes(32).toString("base64url");

/** Lets in whoever has a token, of which only the hash is kept. UserError: there is one of that name. */
export async function addToken(
  file: string,
  { name, role, expiresAt }: Pick<StoredToken, "name" | "role" | "expiresAt">,
  token: string,
): Promise<void> {
  if (!isName(name)) throw usageError(`'${name}' cannot name a token: it must be ${NAME_RULE}`);
  const made = { name, role, sha256: digestOf(token).toString("hex"), createdAt: Date.now(), expiresAt };
  await changeTokens(file, (tokens) => {
    if (tokens.some((other) => other.name === name)) {
      throw new UserError(`there is a token '${name}' already. Take it away first: swarm token remove ${name}`);
    }
    return [[...tokens, made], null];
  });
}

/** UserError: there is none of that name. */
export async function removeToken(file: string, name: string): Promise<void> {
  await changeTokens(file, (tokens) => {
    const left = tokens.filter((each) => each.name !== name);
    if (left.length === tokens.length) {
      const names = tokens.map((each) => each.name);
      const near = nearest(name, names);
      throw usageError(
        `there is no token '${name}'${near ? `, did you mean '${near}'?` : ";"} known: ${names.join(", ") || "none"}`,
      );
    }
    return [left, null];
  });
}

/** Whom a token is of: `expired` where it was somebody's. */
export type Verdict = { caller: Caller } | { problem: "unknown" | "expired" };

/** Tells whose a token is. The file is looked at again and again: what is added or removed counts within a second. */
export class TokenBook {
  readonly #file: string;
  readonly #log: (line: string) => void;
  #tokens: { stored: StoredToken; digest: Buffer }[] = [];
  #version = "";
  /** What was said last of a file that cannot be read: once is enough. */
  #said: string | null = null;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #checking: Promise<void> | null = null;

  constructor(file: string, log: (line: string) => void) {
    this.#file = file;
    this.#log = log;
  }

  /** Takes the same time whatever is asked, as long as the number of tokens is the same. */
  async check(token: string): Promise<Verdict> {
    if (performance.now() - this.#checkedAt > RECHECK_MS) {
      this.#checking ??= this.#reread().finally(() => {
        this.#checking = null;
      });
      await this.#checking;
    }
    const digest = digestOf(token);
    let found: StoredToken | null = null;
    for (const each of this.#tokens) if (timingSafeEqual(each.digest, digest)) found = each.stored;
    if (found === null) return { problem: "unknown" };
    if (found.expiresAt !== null && found.expiresAt <= Date.now()) return { problem: "expired" };
    return { caller: { name: found.name, role: found.role } };
  }

  async #reread(): Promise<void> {
    const version = await stat(this.#file).then(
      ({ ino, mtimeMs, size }) => `${ino} ${mtimeMs} ${size}`,
      () => "none",
    );
    try {
      if (version === this.#version) return;
      const tokens = await readTokens(this.#file);
      this.#tokens = tokens.map((stored) => ({ stored, digest: Buffer.from(stored.sha256, "hex") }));
      this.#version = version;
      this.#said = null;
    } catch (error) {
      // Those that were known go on; nobody new is let in.
      if (this.#said !== messageOf(error)) this.#log(messageOf(error));
      this.#said = messageOf(error);
    } finally {
      // Last: who asks while the file is read waits for it.
      this.#checkedAt = performance.now();
    }
  }
}
