import { defineConfig } from "vitest/config";
import { CountReporter } from "./test/support/countReporter.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", new CountReporter()],
    globalSetup: ["test/support/globalSetup.ts"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // Real compilers and servers run in the tests: more files at once than cores only makes them wait for each other.
    maxWorkers: 2,
    // Tests that kill real processes depend on when the machine runs them. The output names what needed another try.
    retry: process.env.CI ? 2 : 0,
  },
});
