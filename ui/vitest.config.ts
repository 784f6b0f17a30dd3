import { defineConfig } from "vitest/config";

/** Logic only, in plain Node: whatever needs a browser is tested in one, from pytest. */
export default defineConfig({
  test: {
    environment: "node",
    css: true,
    include: ["src/**/*.test.ts"],
    passWithNoTests: false,
    isolate: false,
    testTimeout: 30_000, // layouts of ten thousand assets, on a machine that does other things too
  },
});
