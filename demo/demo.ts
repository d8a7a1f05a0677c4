import { parseArgs } from "node:util";
import { messageOf } from "../model/errors.ts";
import { runDemo } from "./performance.ts";

const USAGE = `npm run demo [-- --keep]

Sets up a swarm on this machine, runs a whole world update on it and checks everything that it shows. It takes about
two minutes once Temporal and Portage are in the cache.

  --keep   leave the swarm up afterwards, to look around
`;

/** `npm run demo`. Resolves to the exit code; 2: used wrongly. */
async function main(): Promise<number> {
  let values: { keep?: boolean; help?: boolean };
  try {
    ({ values } = parseArgs({ options: { keep: { type: "boolean" }, help: { type: "boolean", short: "h" } } }));
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${USAGE}`);
    return 2;
  }
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  return runDemo({ keep: values.keep ?? false });
}

// Exits by itself: after an interrupt something that does not end may still hold the process.
process.exit(
  await main().catch((error: unknown) => {
    process.stderr.write(`demo: ${messageOf(error)}\n`);
    return 1;
  }),
);
