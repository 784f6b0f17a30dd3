/** The addresses of the page: one table, from which links are made and by which addresses are read. `:name+` is all the
 * rest of a path: keys have slashes, and people type them as they are. */

export const ROUTES = {
  graph: "/",
  catalog: "/catalog",
  asset: "/assets/:key+",
  runs: "/runs",
  run: "/runs/:id",
  launch: "/launch",
  store: "/store",
} as const;

export type RouteName = keyof typeof ROUTES;

type ParamNames<Path extends string> = Path extends `${infer Head}/${infer Tail}`
  ? ParamNames<Head> | ParamNames<Tail>
  : Path extends `:${infer Name}+`
    ? Name
    : Path extends `:${infer Name}`
      ? Name
      : never;

/** What an address of this route holds: `{ key: string }` for an asset. */
export type Params<Name extends RouteName> = { readonly [Key in ParamNames<(typeof ROUTES)[Name]>]: string };

export type Query = Readonly<Record<string, string | undefined>>;

/** A place in the page. The name decides which params there are. */
export type Place = { [Name in RouteName]: { readonly name: Name; readonly params: Params<Name> } }[RouteName];

/** The address of a place. A key with slashes is one part of the path. */
export function addressOf<Name extends RouteName>(name: Name, params: Params<Name>, query: Query = {}): string {
  const given: Readonly<Record<string, string>> = params;
  const path = ROUTES[name].replace(/:(\w+)\+?/g, (_, key: string) => encodeURIComponent(given[key] ?? ""));
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  ).toString();
  return search === "" ? path : `${path}?${search}`;
}

/** The place that a path leads to, if any. */
export function placeAt(path: string): Place | undefined {
  const parts = path.replace(/\/+$/, "").split("/");
  for (const [name, pattern] of Object.entries(ROUTES)) {
    const params = matched(pattern.replace(/\/$/, "").split("/"), parts);
    if (params !== undefined) return { name, params } as Place;
  }
  return undefined;
}

function matched(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  const takesRest = pattern.at(-1)?.endsWith("+") === true;
  if (takesRest ? parts.length < pattern.length : parts.length !== pattern.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const isRest = expected.endsWith("+");
    const part = isRest ? parts.slice(index).join("/") : (parts[index] ?? "");
    if (expected.startsWith(":")) {
      const value = decoded(part);
      if (value === undefined || value === "") return undefined;
      params[expected.slice(1, isRest ? -1 : undefined)] = value;
    } else if (part !== expected) return undefined;
  }
  return params;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
