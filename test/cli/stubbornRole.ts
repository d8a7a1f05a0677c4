import { Context } from "../../cli/context.ts";
import { runRole } from "../../cli/runRole.ts";

/** A role that does not end when it is told to; a process of its own for tests of signals. */
const { env, stdin, stdout, stderr } = process;
const context = new Context({ env, cwd: process.cwd(), stdin, stdout, stderr }, {});
await runRole(
  context,
  async (_config, _name, { log, ready }) => {
    ready();
    log("works");
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
  null,
);
