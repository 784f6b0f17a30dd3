import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The pages of `dev` as they would run in a bundle, to be measured: `npx vite build -c dev/vite.config.ts`. */
export default defineConfig({
  plugins: [react()],
  base: "./",
  build: {
    outDir: "dev/dist",
    target: "es2023",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    rollupOptions: { input: { graph: "dev/index.html", parts: "dev/parts.html" } },
  },
});
