/** What lies around an asset, so many steps in either direction. */

import type { GraphNode } from "../../api/schema";
import type { Hops } from "./expressions";

/** The asset, what it is made from, and what is made from it, within so many steps; in the order of the graph. */
export function around(key: string, nodes: readonly GraphNode[], up: Hops, down: Hops): readonly GraphNode[] {
  const parents = new Map(nodes.map((node) => [node.key, node.deps]));
  const children = new Map<string, string[]>();
  for (const node of nodes) {
    for (const dep of node.deps) {
      const known = children.get(dep);
      if (known === undefined) children.set(dep, [node.key]);
      else known.push(node.key);
    }
  }
  const found = new Set([...reached(key, parents, up), ...reached(key, children, down)]);
  return nodes.filter((node) => found.has(node.key));
}

function reached(key: string, next: ReadonlyMap<string, readonly string[]>, hops: Hops): Set<string> {
  const found = new Set([key]);
  let edge = [key];
  for (let step = 0; edge.length > 0 && (hops === "all" || step < hops); step++) {
    edge = [...new Set(edge.flatMap((each) => next.get(each) ?? []))].filter((each) => !found.has(each));
    for (const each of edge) found.add(each);
  }
  return found;
}
