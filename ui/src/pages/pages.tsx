import type { ComponentType, ReactNode } from "react";
import type { Params, Place, RouteName } from "../router/routes";
import { type Chunk, chunk } from "./chunk";
import GraphPage from "./graph/GraphPage";

const empty = chunk(() => import("./empty/Empty"));
const asset = chunk(() => import("./asset/AssetPage"));

/** One page for each route. Its props are the params of its address. */
const PAGES: { readonly [Name in Exclude<RouteName, "asset">]: Chunk<Params<Name>> } = {
  // The first page of most visits comes with the frame: its own requests would wait behind those for the graph.
  graph: chunk(() => Promise.resolve({ default: GraphPage })),
  catalog: chunk(() => import("./catalog/CatalogPage")),
  runs: chunk(() => import("./runs/RunsPage")),
  run: chunk(() => import("./run/RunPage")),
  launch: chunk(() => import("./launch/LaunchPage")),
  store: chunk(() => import("./store/StorePage")),
};

/** Load the page of a place, so that it can be drawn at once. */
export function loadPage(place: Place | undefined): Promise<unknown> {
  if (place === undefined) return empty.load();
  return place.name === "asset" ? asset.load() : PAGES[place.name].load();
}

/** Load all pages: whoever goes to another one need not wait for it. */
export function loadPages(): Promise<unknown> {
  return Promise.allSettled([asset, ...Object.values(PAGES)].map((page) => page.load()));
}

/** The page of a place, or the one that says that there is none. */
export function pageAt(place: Place | undefined): ReactNode {
  if (place === undefined) return <empty.Page />;
  // `key` is a word of React's, which no component is given; another asset is another page.
  if (place.name === "asset") return <asset.Page key={`asset ${place.params.key}`} asset={place.params.key} />;
  const Shown = PAGES[place.name].Page as ComponentType<Record<string, string>>;
  return <Shown key={place.name} {...place.params} />;
}
