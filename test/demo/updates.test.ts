import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fastifyStatic from "@fastify/static";
import fastify, { type FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { emergeBaseline } from "../../bench/baseline.ts";
import { makeDemoClient } from "../../demo/client.ts";
import { BUILD_ONLY, EXPECTED_BUILDS, OLDER_PACKAGES } from "../../demo/expected.ts";
import { type DemoState, makeDemoTarget, makeDemoTree } from "../../demo/material.ts";
import { UserError } from "../../model/errors.ts";
import { type ClientRoot, clientPlan, createClientRoot, fetchConf, updateClient } from "../../portage/client.ts";
import { ensurePortage, type PortageInstallation } from "../../portage/install.ts";
import { installedPackages } from "../../portage/installed.ts";
import { readTargetDirectory } from "../../portage/targetDirectory.ts";

// One emerge of everything takes a minute where other tests run beside it.
vi.setConfig({ testTimeout: 400_000 });

/** One emerge builds the demo's packages, as a binhost would serve them; a client follows. Tests in order, on one client. */
let scratch: string;
let portage: PortageInstallation;
let binhost: FastifyInstance;
let binhostUrl: string;
let client: ClientRoot;

// Of one length: a binary package cannot be moved to a longer prefix.
const builderPath = () => join(scratch, "builder");
const clientPath = () => join(scratch, "client1");

async function state(from: DemoState) {
  const [treeDir, distfilesDir, targetDir] = [
    join(scratch, "tree"),
    join(scratch, "distfiles"),
    join(scratch, "target"),
  ];
  await makeDemoTree({ from, treeDir, distfilesDir });
  await makeDemoTarget({ from, targetDir });
  const bundle = await readTargetDirectory(targetDir, "desktop");
  return { portage, bundle, trees: { demo: treeDir }, distfiles: [distfilesDir] };
}

const build = async (from: DemoState) => emergeBaseline({ path: builderPath(), makeJobs: 2, ...(await state(from)) });

async function run(program: string, ...args: string[]): Promise<string> {
  return (await promisify(execFile)(join(clientPath(), "usr/bin", program), args)).stdout;
}

const onClient = (packages: readonly string[]) => packages.filter((cpv) => !BUILD_ONLY.includes(cpv));

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "swarm-updates-"));
  const cacheDir = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "build-swarm");
  portage = await ensurePortage({ cacheDir, env: process.env });
  const packages = join(builderPath(), "var/cache/binpkgs");
  await mkdir(packages, { recursive: true });
  binhost = fastify();
  await binhost.register(fastifyStatic, { root: packages, prefix: "/main/desktop/" });
  binhostUrl = `${await binhost.listen({ port: 0, host: "127.0.0.1" })}/main/desktop`;
});

afterAll(async () => {
  await binhost.close();
  await rm(scratch, { recursive: true, force: true });
});

describe("the first update", () => {
  test("builds with one emerge exactly what is expected", async () => {
    const { packages, seconds } = await build("first");
    expect(packages).toEqual(EXPECTED_BUILDS.first);
    expect(seconds).toBeGreaterThan(1);
  });

  test("a client begins with older packages that it compiled", async () => {
    client = await makeDemoClient({ path: clientPath(), binhostUrl, ...(await state("first")) });
    expect([...(await installedPackages(client.path)).keys()]).toEqual(OLDER_PACKAGES);
    expect(await run("fieldnotes", "--version")).toBe("fieldnotes 1.1, libstrand 1.3\n");
  });

  test("a client of the target finds each package that it needs as a binary", async () => {
    const plan = await clientPlan(client);
    expect(plan.source).toEqual([]);
    expect(plan.binary.sort()).toEqual(onClient(EXPECTED_BUILDS.first));
  });

  test("the client installs them from the binhost, and they run there", async () => {
    const { installed } = await updateClient(client);
    expect(installed).toEqual(onClient(EXPECTED_BUILDS.first));
    expect(await run("housekeep", "--version")).toContain(
      "libgrid 1.0 (libstrand 1.4, ringbuf 1.1), libcrumb 1.3 sliced",
    );
    expect(await run("sealcheck", "--self-test")).toContain("castagnoli   e3069283 ok");
  });
});

describe("the next update", () => {
  test("builds with one emerge exactly what the tree's and the target's changes ask for", async () => {
    expect((await build("next")).packages).toEqual(EXPECTED_BUILDS.next);
  });

  test("the client installs exactly these, here with curl, and they run there", async () => {
    client = await createClientRoot({ path: clientPath(), binhostUrl, ...(await state("next")) });
    const onlyCurl = join(scratch, "only-curl");
    await mkdir(onlyCurl);
    await writeFile(join(onlyCurl, "curl"), "");
    await writeFile(join(client.path, "etc/portage/make.conf/95-fetch"), fetchConf(onlyCurl));
    const { installed } = await updateClient(client);
    expect(installed).toEqual(EXPECTED_BUILDS.next);
    expect(await run("drawerctl", "--version")).toContain("drawerctl 2.1 +json");
    expect(await run("fieldnotes", "--version")).toContain("libgrid 1.1");
  });

  test("there is nothing to do after it", async () => {
    expect((await updateClient(client)).installed).toEqual([]);
  });

  test("what the client would build otherwise is no binary for it", async () => {
    const changed = await state("next");
    changed.bundle.files["package.use/more"] = "app-misc/skywatch -moon\n";
    const other = await createClientRoot({ path: clientPath(), binhostUrl, ...changed });
    expect((await clientPlan(other)).source).toEqual(["app-misc/skywatch-1.0"]);
  });
});

describe("what a client cannot do is said", () => {
  test("a binhost that is not there, though the client has all that it wants", async () => {
    const gone = { ...client, binhostUrl: "http://127.0.0.1:9/main/desktop" };
    await writeFile(
      join(client.path, "etc/portage/binrepos.conf/swarm.conf"),
      `[swarm]\nsync-uri = ${gone.binhostUrl}\n`,
    );
    await expect(updateClient(gone)).rejects.toThrow(
      "the package index http://127.0.0.1:9/main/desktop/Packages cannot be fetched",
    );
  });

  test("nothing to fetch with", () => {
    expect(() => fetchConf(join(scratch, "nowhere"))).toThrow(UserError);
    expect(() => fetchConf(join(scratch, "nowhere"))).toThrow("install one");
  });
});
