/** Whether something that came has a certain shape. */
type Shape = (value: unknown) => boolean;

const text: Shape = (value) => typeof value === "string";
const number: Shape = (value) => typeof value === "number";
const wholeNumber: Shape = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
/** A command with one that the engine takes for none would be given again for ever. */
const workflowId: Shape = (value) => typeof value === "string" && value !== "" && value.length <= 255;

/** May be left out, or null. */
const maybe =
  (shape: Shape): Shape =>
  (value) =>
    value === undefined || value === null || shape(value);

const listOf =
  (each: Shape): Shape =>
  (value) =>
    Array.isArray(value) && value.every(each);

/** Only what the receiver could not do without: other versions say more, or less. */
const objectOf =
  (fields: Record<string, Shape>): Shape =>
  (value) =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(fields).every(([name, shape]) => shape((value as Record<string, unknown>)[name]));

export const SUBSCRIPTION = objectOf({ workflowId, builds: maybe(wholeNumber) });
export const APPETITE = objectOf({ workflowId, builds: wholeNumber });
export const STRIKE = objectOf({ drone: text, reason: (value) => value === null || text(value) });
export const DRONE_VIEWS = listOf(
  objectOf({
    facts: objectOf({
      ...{ name: text, cores: number, slots: number },
      ...{ exclude: maybe(listOf(text)), only: maybe(listOf(text)) },
    }),
    state: text,
    share: maybe(objectOf({ slots: number, part: number })),
  }),
);
export const PACKAGE_REPORT = objectOf({
  ...{ cpv: text, attempt: wholeNumber, drone: text },
  artifact: maybe(objectOf({ size: number })),
  failure: maybe(objectOf({ class: text, message: text, around: maybe(listOf(text)), logTail: maybe(listOf(text)) })),
});

/**
 * A signal that workflows send to each other, with what is none dropped: at the Web UI anybody can send it, with anything or
 * nothing. An error in its handler would stop the workflow for ever, since the engine delivers the same message again and again.
 */
export function taking<Argument, More extends unknown[]>(
  shape: Shape,
  take: (argument: Argument, ...more: More) => void,
): (argument: Argument, ...more: More) => void {
  return (argument, ...more) => {
    if (shape(argument)) take(argument, ...more);
  };
}
