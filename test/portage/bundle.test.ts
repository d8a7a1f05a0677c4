import { describe, expect, test } from "vitest";
import type { TargetBundle } from "../../model/target.ts";
import { bundleBytes, bundleHash, parseBundle } from "../../portage/bundle.ts";

const BUNDLE: TargetBundle = {
  format: 1,
  name: "desktop",
  profile: { repository: "demo", path: "demo/amd64" },
  files: { "package.use/b": "a/b c\n", "make.conf": 'USE="ü"\n' },
  world: ["sys-apps/desk", "@extra"],
};

describe("bundle bytes", () => {
  test("are read as the same bundle", () => {
    expect(parseBundle(bundleBytes(BUNDLE))).toEqual(BUNDLE);
  });

  test("do not depend on the order of keys", () => {
    const { world, files, ...rest } = BUNDLE;
    const other = { files: Object.fromEntries(Object.entries(files).reverse()), world, ...rest };
    expect(bundleBytes(other).equals(bundleBytes(BUNDLE))).toBe(true);
    expect(bundleHash(other)).toBe(bundleHash(BUNDLE));
  });

  test("depend on the order of the world and on every text", () => {
    const hashes = [
      BUNDLE,
      { ...BUNDLE, world: BUNDLE.world.toReversed() },
      { ...BUNDLE, files: { ...BUNDLE.files, "make.conf": 'USE="u"\n' } },
      { ...BUNDLE, name: "laptop" },
    ].map(bundleHash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test("keep a file whose name is a property of objects", () => {
    const odd = { ...BUNDLE, files: JSON.parse('{"__proto__": "x", "constructor": "y"}') };
    expect(Object.keys(parseBundle(bundleBytes(odd)).files)).toContain("constructor");
  });
});

describe("what is no bundle is refused", () => {
  test("not JSON", () => {
    expect(() => parseBundle(Buffer.from([0xff, 0xfe]))).toThrow("it is not JSON");
    expect(() => parseBundle(Buffer.from("{"))).toThrow("it is not JSON");
  });

  test("all that is wrong is said at once", () => {
    const bad = {
      ...BUNDLE,
      format: 2,
      name: "../up",
      profile: { repository: "demo", path: "../../etc" },
      files: { "/etc/passwd": "x" },
      extra: 1,
    };
    const read = () => parseBundle(Buffer.from(JSON.stringify(bad)));
    for (const part of ["format", "name", "profile.path", "/etc/passwd", "extra"]) expect(read).toThrow(part);
  });
});
