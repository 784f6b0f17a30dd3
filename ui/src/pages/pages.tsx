import { type ComponentType, type ReactNode, lazy } from "react";
import type { Params, Place, RouteName } from "../router/routes";

type Page<Name extends RouteName> = ComponentType<Params<Name>>;

const Empty = lazy(() => import("./empty/Empty"));
const AssetPage = lazy(() => import("./asset/AssetPage"));
const GraphPage = lazy(() => import("./graph/GraphPage"));
const CatalogPage = lazy(() => import("./catalog/CatalogPage"));
const StorePage = lazy(() => import("./store/StorePage"));
const LaunchPage = lazy(() => import("./launch/LaunchPage"));
const RunPage = lazy(() => import("./run/RunPage"));
const RunsPage = lazy(() => import("./runs/RunsPage"));

/** One page for each route. Each is a chunk of its own, loaded when it is first shown:
 * `graph: lazy(() => import("./graph/Graph"))`. Its props are the params of its address. */
const PAGES: { readonly [Name in Exclude<RouteName, "asset">]: Page<Name> } = {
  graph: GraphPage,
  catalog: CatalogPage,
  runs: RunsPage,
  run: RunPage,
  launch: LaunchPage,
  store: StorePage,
};

/** The page of a place, or the one that says that there is none. */
export function pageAt(place: Place | undefined): ReactNode {
  if (place === undefined) return <Empty />;
  // `key` is a word of React's, which no component is given; another asset is another page.
  if (place.name === "asset") return <AssetPage key={`asset ${place.params.key}`} asset={place.params.key} />;
  const Shown = PAGES[place.name] as ComponentType<Record<string, string>>;
  return <Shown key={place.name} {...place.params} />;
}
