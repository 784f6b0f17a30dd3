import { type AnchorHTMLAttributes, type MouseEvent, useMemo, useSyncExternalStore } from "react";
import { addressOf, type Params, type Place, placeAt, type Query, type RouteName } from "./routes";

/** `popstate` tells of the browser's own buttons only; this one of links too. */
const MOVED = "tidemill:moved";

function subscribe(notify: () => void): () => void {
  window.addEventListener("popstate", notify);
  window.addEventListener(MOVED, notify);
  return () => {
    window.removeEventListener("popstate", notify);
    window.removeEventListener(MOVED, notify);
  };
}

/** Go to an address of this page; `replace` leaves no trace in the history (filters, sort orders). */
export function go(address: string, { replace = false }: { replace?: boolean } = {}): void {
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  window.dispatchEvent(new Event(MOVED));
  if (!replace) window.scrollTo(0, 0);
}

/** Where the reader is; undefined for an address that is of no page. */
export function usePlace(): Place | undefined {
  const path = useSyncExternalStore(subscribe, () => location.pathname);
  return useMemo(() => placeAt(path), [path]);
}

/** The part of the address behind the question mark, and a way to change some of it in place. */
export function useQuery(): readonly [URLSearchParams, (changes: Query) => void] {
  const search = useSyncExternalStore(subscribe, () => location.search);
  const query = useMemo(() => new URLSearchParams(search), [search]);
  return [query, changeQuery];
}

function changeQuery(changes: Query): void {
  const query = new URLSearchParams(location.search);
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined || value === "") query.delete(key);
    else query.set(key, value);
  }
  const search = query.toString();
  go(location.pathname + (search === "" ? "" : `?${search}`), { replace: true });
}

type LinkProps<Name extends RouteName> = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "href"> & {
  readonly to: Name;
  readonly query?: Query;
} & (keyof Params<Name> extends never ? { readonly params?: Params<Name> } : { readonly params: Params<Name> });

/** A link to a place: `<Link to="asset" params={{ key }}>`. A real one, so that it opens in a new tab too. */
export function Link<Name extends RouteName>({ to, params, query, onClick, ...rest }: LinkProps<Name>) {
  const address = addressOf(to, (params ?? {}) as Params<Name>, query);
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0 || rest.target === "_blank") return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(address);
  };
  return <a {...rest} href={address} onClick={follow} />;
}
