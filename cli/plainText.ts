import { InvalidArgumentError } from "commander";
import { PLAIN_RULE, PLAIN_TEXT } from "../model/words.ts";

/** The value of an option that others are shown: a reason, a note. */
export function plainText(text: string): string {
  if (!PLAIN_TEXT.test(text)) throw new InvalidArgumentError(`It must be ${PLAIN_RULE}.`);
  return text;
}
