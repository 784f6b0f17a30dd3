import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/queries";
import { App } from "./app/App";
import { LiveProvider } from "./live/hooks";
import { LiveStore } from "./live/store";
import "./tokens.css";
import "./base.css";
import { apply, chosen } from "./theme/theme";

apply(chosen());
const root = document.getElementById("page");
if (root === null) throw new Error("index.html has no element #page");
const queries = queryClient();
const live = new LiveStore(queries);
void live.start();
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <LiveProvider store={live}>
        <App />
      </LiveProvider>
    </QueryClientProvider>
  </StrictMode>,
);
