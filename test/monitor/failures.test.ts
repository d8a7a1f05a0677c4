import { describe, expect, test } from "vitest";
import type { PackageView } from "../../model/run.ts";
import { logBody, topOfError } from "../../monitor/layout/log.ts";
import { LogText } from "../../monitor/logText.ts";
import { errorLineOf } from "../../monitor/rows.ts";
import { NOW, packageView } from "../cli/views.ts";
import { paneOf, SMALL, screen, shown, stateOf, WIDE } from "./shown.ts";

describe("why a package failed", () => {
  const broken = (message: string, errorLine: string | undefined, changes: Partial<PackageView> = {}) => {
    const failure = { class: "package", message, ...(errorLine === undefined ? {} : { errorLine }) } as const;
    const attempt = { attempt: 1, drone: "izar", jobs: 8, startedAt: NOW - 9_000, endedAt: NOW, failure };
    return packageView("app-misc/broken-1", { state: "failed", attempts: [attempt], ...changes });
  };
  const error = "src/very/deep/in/the/tree/window.c:1284:17: error: 'thing' undeclared";
  const linesOf = (packages: PackageView[], size = SMALL) =>
    paneOf(screen(stateOf({ shown: shown({ packages }) }), size), "PACKAGES").slice(1);

  test("is under it in a line of its own, where the row has no room for it", () => {
    const lines = linesOf([broken(`compile phase: ${error}`, error), packageView("a/b-1")]);
    expect(lines[0]).toMatch(/^▸ ✗ app-misc\/broken-1 +blocked +compile phase: src\/v/);
    expect(lines[1]).toBe(`      │ ${error}`);
    expect(lines[2]).toContain("a/b-1");
    const again = linesOf([broken("compile phase: no", error, { state: "needed" })]);
    expect(again.slice(0, 2)).toEqual([expect.stringContaining("again, after: compile"), `      │ ${error}`]);
  });

  test("is in the row where there is room, and nothing is under it where no line tells", () => {
    const short = "a.c:1: error: no";
    expect(linesOf([broken(`compile phase: ${short}`, short), packageView("a/b-1")], WIDE)[1]).toContain("a/b-1");
    expect(linesOf([broken("killed", undefined), packageView("a/b-1")])[1]).toContain("a/b-1");
  });

  test("many failures: the chosen one is always seen whole, whatever is chosen", () => {
    const packages = Array.from({ length: 30 }, (_, i) => ({ ...broken("no", `${error} ${i}`), cpv: `a/p${i}-1` }));
    for (let chosen = 0; chosen < packages.length; chosen++) {
      const state = stateOf({
        shown: shown({ packages }),
        chosen: { drones: null, packages: `a/p${chosen}-1`, events: null },
      });
      const lines = paneOf(screen(state), "PACKAGES");
      const at = lines.findIndex((each) => each.startsWith("▸"));
      expect(lines[at]).toContain(`a/p${chosen}-1 `);
      expect(lines[at + 1]).toBe(`      │ ${error} ${chosen}`);
    }
  });
});

describe("the log of what failed", () => {
  const text = new LogText(0);
  const numbered = Array.from({ length: 500 }, (_, i) =>
    i === 300 ? "  \u001b[31ma.c:1: error: no\u001b[m" : `line ${i}`,
  );
  text.push(Buffer.from(`${numbered.join("\n")}\n`), 0);

  test("begins where its error line is seen, with those around it", () => {
    const failure = { class: "package", message: "compile phase", errorLine: "\ta.c:1: error: no " } as const;
    const attempt = { attempt: 2, drone: "izar", jobs: 8, startedAt: 0, endedAt: 1, failure };
    const packages = [packageView("a/b-1", { state: "failed", attempts: [attempt] })];
    const place = { run: "r", cpv: "a/b-1", attempt: 2 };
    const errorLine = errorLineOf(place, shown({ packages }));
    expect(errorLine).toBe("a.c:1: error: no");
    const top = topOfError({ text, errorLine }, 41);
    expect(top).toBe(280);
    const log = { place, text, complete: true, problem: null, top, shift: 0, errorLine };
    const marked = logBody(log, 80, 41).filter(({ spans }) => spans.some(({ style }) => style === "bad"));
    expect(
      marked.map(({ spans }) =>
        spans
          .map((span) => span.text)
          .join("")
          .trim(),
      ),
    ).toEqual(["a.c:1: error: no"]);
  });

  test("is at its end where no line tells, or the log does not have it", () => {
    expect(errorLineOf({ run: "r", cpv: "a/b-1", attempt: 1 }, shown())).toBeNull();
    expect(topOfError({ text, errorLine: null }, 41)).toBeNull();
    expect(topOfError({ text, errorLine: "elsewhere" }, 41)).toBeNull();
  });
});
