import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `tidemill dev` answers while the page is developed with `npm run dev`. */
const server = "http://127.0.0.1:4242";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../src/tidemill/server/static",
    emptyOutDir: true,
    // `/assets/…` are the pages of assets.
    assetsDir: "built",
    target: "es2023",
    // `light-dark()` stays as it is: tokens.css is written in it.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // Nothing inline: the content security policy allows files of this origin and no data: address in code.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: { host: "127.0.0.1", proxy: { "/api": server } },
});
