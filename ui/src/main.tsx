// First: what a part says of itself comes after it, and wins.
import "./tokens.css";
import "./base.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/queries";
import { App } from "./app/App";
import { LiveProvider } from "./live/hooks";
import { LiveStore } from "./live/store";
import { loadPage, loadPages } from "./pages/pages";
import { placeAt } from "./router/routes";
import { apply, chosen } from "./theme/theme";

/** Milliseconds after which the first page has had the line to itself. */
const CALM = 2_000;

apply(chosen());
const root = document.getElementById("page");
if (root === null) throw new Error("index.html has no element #page");
const queries = queryClient();
const live = new LiveStore(queries);
void live.start();
const page = createRoot(root);
// Meanwhile the answers are on their way; a page that cannot be loaded says so itself.
void loadPage(placeAt(location.pathname))
  .catch(() => undefined)
  .then(() => {
    page.render(
      <StrictMode>
        <QueryClientProvider client={queries}>
          <LiveProvider store={live}>
            <App />
          </LiveProvider>
        </QueryClientProvider>
      </StrictMode>,
    );
    setTimeout(() => void loadPages(), CALM);
  });
