import { InvalidArgumentError } from "commander";
import { ROLES, type Role } from "../../gateway/roles.ts";
import type { StoredToken } from "../../gateway/tokens.ts";
import { timestamp } from "../../model/words.ts";
import { examples } from "../help.ts";
import { table } from "../text.ts";
import type { RegisterVerb } from "../verbs.ts";

const UNITS = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;

/** `swarm token add|list|remove`: who may use the gateway. */
export const register: RegisterVerb = (command, context) => {
  const file = async (): Promise<string> => (await context().config()).gateway.tokens;
  command
    .command("add <name>")
    .description("make a token and print it, once: only its hash is kept")
    .requiredOption("--role <role>", "viewer: reads; operator: acts too; drone: learns where services are", roleOf)
    .option("--expires <time>", "how long it is good, like 12h, 30d or 8w (default: until it is removed)", lengthOf)
    .action(async (name: string, { role, expires }: { role: Role; expires?: number }) => {
      const { addToken, newToken } = await import("../../gateway/tokens.ts");
      const expiresAt = expires === undefined ? null : Date.now() + expires;
      const token = newToken();
      await addToken(await file(), { name, role, expiresAt }, token);
      if (context().json) return context().printJson({ name, role, expiresAt, token });
      context().note(
        `The token of ${name}, ${role}${expiresAt === null ? "" : ` until ${timestamp(expiresAt)}`}. It is shown this once:`,
      );
      context().print(token);
    });
  command
    .command("list", { isDefault: true })
    .description("the tokens that there are (the default); what they are cannot be shown")
    .action(async () => {
      const { readTokens } = await import("../../gateway/tokens.ts");
      const tokens = await readTokens(await file());
      if (context().json) return context().printJson(tokens.map(({ sha256: _, ...shown }) => shown));
      if (tokens.length === 0)
        return context().print("There is no token. Make one: swarm token add NAME --role operator");
      const columns = [{ title: "NAME" }, { title: "ROLE" }, { title: "MADE" }, { title: "EXPIRES" }];
      context().print(table(columns, tokens.map(rowOf)));
    });
  command
    .command("remove <name>")
    .description("take a token away; within a second nobody gets in with it")
    .action(async (name: string) => {
      const { removeToken } = await import("../../gateway/tokens.ts");
      await removeToken(await file(), name);
      if (context().json) context().printJson({ removed: name });
      else context().print(`✓ the token of ${name} is good for nothing any more`);
    });
  examples(command, [
    ["swarm token add ann --role operator", "ann may do everything that the gateway does"],
    ["swarm token add wall --role viewer --expires 30d", "a screen on the wall, for a month"],
    ["swarm token list", "who may use the gateway, and until when"],
    ["swarm token remove ann", "not any more"],
  ]);
};

function rowOf({ name, role, createdAt, expiresAt }: StoredToken): string[] {
  const expires = expiresAt === null ? "never" : timestamp(expiresAt);
  const isOver = expiresAt !== null && expiresAt <= Date.now();
  return [name, role, timestamp(createdAt), isOver ? `${expires} (expired)` : expires];
}

function roleOf(text: string): Role {
  const role = ROLES.find((each) => each === text);
  if (!role) throw new InvalidArgumentError(`It must be one of ${ROLES.join(", ")}.`);
  return role;
}

/** ms */
function lengthOf(text: string): number {
  const [, number, unit] = /^([1-9]\d{0,4})([hdw])$/.exec(text) ?? [];
  if (number === undefined || !(unit === "h" || unit === "d" || unit === "w")) {
    throw new InvalidArgumentError("It must be a number of hours, days or weeks, like 12h, 30d or 8w.");
  }
  return Number(number) * UNITS[unit];
}
