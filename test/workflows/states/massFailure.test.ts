import { expect, test } from "vitest";
import { MassFailure } from "../../../workflows/states/massFailure.ts";

test("five packages failing on two drones with no success between is a failure of what they share", () => {
  const mass = new MassFailure();
  for (let i = 0; i < 4; i++) expect(mass.failed(i, i % 2 ? "izar" : "tarn", "package")).toBeNull();
  expect(mass.failed(4, "tarn", "drone")).toEqual({ packages: [0, 1, 2, 3, 4], drones: ["tarn", "izar"] });
  // It was said: it begins anew.
  expect(mass.failed(5, "izar", "package")).toBeNull();
});

test("one drone alone, or the same few packages, are no mass failure", () => {
  const sick = new MassFailure();
  for (let i = 0; i < 20; i++) expect(sick.failed(i, "izar", "drone")).toBeNull();
  const broken = new MassFailure();
  for (let i = 0; i < 20; i++) expect(broken.failed(i % 4, i % 2 ? "izar" : "tarn", "package")).toBeNull();
});

test("a success between says that the rest works", () => {
  const mass = new MassFailure();
  for (let i = 0; i < 4; i++) mass.failed(i, i % 2 ? "izar" : "tarn", "package");
  mass.succeeded();
  expect(mass.failed(4, "izar", "package")).toBeNull();
});

test.each(["infrastructure", "memory", "lost"] as const)("%s does not count", (kind) => {
  const mass = new MassFailure();
  for (let i = 0; i < 10; i++) expect(mass.failed(i, i % 2 ? "izar" : "tarn", kind)).toBeNull();
});

test("what was counted survives continue as new", () => {
  const mass = new MassFailure();
  for (let i = 0; i < 4; i++) mass.failed(i, i % 2 ? "izar" : "tarn", "package");
  const again = new MassFailure(JSON.parse(JSON.stringify(mass.save())));
  expect(again.failed(4, "izar", "package")?.packages).toHaveLength(5);
});
