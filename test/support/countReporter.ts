import type { Reporter, TestModule } from "vitest/node";

/** Ends the output with one plain line that any CI can read: `12 passed, 0 failed, 1 skipped`. */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      // A file that could not be loaded has no tests that could fail.
      counts.failed += module.errors().length;
      for (const test of module.children.allTests()) counts[test.result().state]++;
    }
    // Behind what other reporters and the teardown have to say.
    process.once("exit", () => {
      console.log(`${counts.passed} passed, ${counts.failed + counts.pending} failed, ${counts.skipped} skipped`);
    });
  }
}
