import { chmod, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { UserError } from "../../model/errors.ts";
import { ensurePortage, PORTAGE_VERSION } from "../../portage/install.ts";
import { testDirectory, testPortage } from "../support/portage.ts";

const INSTALL = `
const { ensurePortage } = await import(process.argv[1]);
console.log(JSON.stringify(await ensurePortage({ cacheDir: process.argv[2], env: process.env })));
`;

test("two processes that need it at once install it once, over what a killed one has left", async () => {
  const cache = await testDirectory();
  const module = join(import.meta.dirname, "../../portage/install.ts");
  await mkdir(join(cache, `portage-${PORTAGE_VERSION}-dead/bin`), { recursive: true });
  const results = await Promise.all(
    [1, 2].map(() => execa(process.execPath, ["--input-type=module", "-e", INSTALL, module, cache])),
  );
  const [one, two] = results.map(({ stdout }) => JSON.parse(stdout));
  expect(one).toEqual(two);
  const { origin } = one;
  if (origin === "private") {
    const left = (await readdir(cache)).filter((name) => !name.startsWith("portage.lock"));
    expect(left).toHaveLength(2);
    expect(left).toContain(`portage-${PORTAGE_VERSION}.json`);
    expect(one.version).toBe(PORTAGE_VERSION);
  }
  expect((await execa(join(one.bin, "emerge"), ["--version"])).stdout).toContain("Portage");
});

test("an `emerge` on PATH whose Python has Portage is used, and nothing is installed", async () => {
  const { python, version, sitePackages } = await testPortage();
  const directory = await testDirectory();
  const emerge = join(directory, "emerge");
  await writeFile(emerge, `#!${python}\nprint("emerge")\n`);
  await chmod(emerge, 0o755);
  const cacheDir = join(directory, "cache");
  const found = await ensurePortage({ cacheDir, env: { PATH: [directory, process.env.PATH].join(delimiter) } });
  expect(found).toMatchObject({ origin: "system", bin: directory, version, sitePackages });
  expect(await readdir(directory)).toEqual(["emerge"]);
});

test("an environment whose Python is gone is installed again, or said to be impossible", async () => {
  const cacheDir = await testDirectory();
  await writeFile(
    join(cacheDir, `portage-${PORTAGE_VERSION}.json`),
    JSON.stringify({ directory: join(cacheDir, "gone") }),
  );
  await expect(ensurePortage({ cacheDir, env: { PATH: "" } })).rejects.toThrow(UserError);
});

test("without Python, and with a Python without venv, the message says what was tried and what to install", async () => {
  const directory = await testDirectory();
  const attempt = async (): Promise<string> => {
    const error = await ensurePortage({ cacheDir: join(directory, "cache"), env: { PATH: directory } }).catch((e) => e);
    expect(error).toBeInstanceOf(UserError);
    return error.message;
  };
  const none = await attempt();
  expect(none).toMatch(/tried: `emerge` on PATH/);
  expect(none).toMatch(/tried: python3 -m venv/);
  for (const fix of ["apt install python3-venv", "dnf install", "pacman -S"]) {
    expect(none.replace("python3 python3-venv", "python3-venv")).toContain(fix);
  }
  await writeFile(join(directory, "python3"), "#!/bin/sh\necho 'No module named venv' >&2\nexit 1\n");
  await chmod(join(directory, "python3"), 0o755);
  await symlink("/bin/sh", join(directory, "sh"));
  expect(await attempt()).toContain("No module named venv");
});
