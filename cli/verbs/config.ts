import { examples } from "../help.ts";
import { table } from "../text.ts";
import type { RegisterVerb } from "../verbs.ts";

/** `swarm config check|show|sample` */
export const register: RegisterVerb = (command, context) => {
  command
    .command("check")
    .description("test the configuration; every mistake with its line")
    .action(async () => {
      const { file } = await context().loadedConfig();
      if (context().json) return context().printJson({ file, valid: true });
      context().print(
        file === null
          ? "no configuration file: everything has its default. Write one: swarm config sample > swarm.toml"
          : `${context().paint("good", "✓")} ${file}`,
      );
    });
  command
    .command("show")
    .description("each value in force, and where it comes from")
    .action(async () => {
      const [loaded, { configRows }] = await Promise.all([context().loadedConfig(), import("../../config/show.ts")]);
      const rows = configRows(loaded);
      if (context().json) return context().printJson({ file: loaded.file, values: rows });
      context().print(
        table(
          [{ title: "KEY" }, { title: "VALUE" }, { title: "FROM" }],
          rows.map(({ key, value, origin }) => [key, JSON.stringify(value), origin]),
        ),
      );
    });
  command
    .command("sample")
    .description("print the sample file: every key with purpose, unit and default")
    .action(async () => {
      const [{ readFile }, { join }, { packageRoot }] = await Promise.all([
        import("node:fs/promises"),
        import("node:path"),
        import("../../system/packageRoot.ts"),
      ]);
      const sample = await readFile(join(packageRoot(), "config/sample.toml"), "utf8");
      if (context().json) context().printJson({ sample });
      else context().print(sample.trimEnd());
    });
  examples(command, [
    ["swarm config check", "is swarm.toml right?"],
    ["swarm config show", "what is in force, and why"],
    ["swarm config sample > swarm.toml", "begin one"],
  ]);
};
