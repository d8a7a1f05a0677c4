import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cgroupsBelow, delegatedGroup } from "../../system/cgroups.ts";
import { testDirectory } from "../support/portage.ts";

// Plain files stand for the kernel's: a delegated cgroup with both controllers is on few machines that run tests.
test("a drone's group bounds all builds, a build's group that build; what the kernel killed is told", async () => {
  const base = await testDirectory();
  const cgroups = await cgroupsBelow(base, "izar", 3.5 * 2 ** 30);
  const content = (...path: string[]) => readFile(join(base, ...path), "utf8");
  expect(await content("cgroup.subtree_control")).toBe("+cpu +memory");
  expect(await content("builds-izar", "cgroup.subtree_control")).toBe("+cpu +memory");
  expect(await content("builds-izar", "memory.max")).toBe("3758096384");

  const one = await cgroups.create("one", 2 ** 30);
  const other = await cgroups.create("other", null);
  expect([
    await content("builds-izar", "one", "memory.max"),
    await content("builds-izar", "other", "memory.max"),
  ]).toEqual(["1073741824", "max"]);
  await writeFile(join(one, "memory.events"), "low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n");
  await writeFile(join(other, "memory.events"), "low 0\nhigh 0\nmax 3\noom 0\noom_kill 0\noom_group_kill 0\n");
  expect([await cgroups.outOfMemory("one"), await cgroups.outOfMemory("other")]).toEqual([true, false]);
  expect(await cgroups.outOfMemory("never made")).toBe(false);
});

test("a group whose controllers cannot be enabled is no use", async () => {
  const base = await testDirectory();
  await mkdir(join(base, "cgroup.subtree_control"));
  await expect(cgroupsBelow(base, "izar", 2 ** 30)).rejects.toThrow();
});

test("only what was delegated to the drone's service is used", () => {
  const service = "/system.slice/system-swarm\\x2ddrone.slice/swarm-drone@izar.service";
  expect(delegatedGroup(`0::${service}/swarm-drone\n`)).toBe(service);
  expect(delegatedGroup(`1:cpu:/\n0::${service}/swarm-drone\n`)).toBe(service);
  // Another group's, the root, version 1 only.
  for (const line of [`0::${service}`, "0::/", "0::/user.slice/session-1.scope", "4:memory:/swarm-drone"]) {
    expect(delegatedGroup(`${line}\n`)).toBeNull();
  }
});
