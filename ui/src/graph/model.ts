/** What the graph is given, and what its layout makes of it. */
import type { State } from "../states/states";

export interface GraphNode {
  readonly id: string;
  /** What is written on the card; the last part of the key, as a rule. */
  readonly name: string;
  readonly group?: string | undefined;
  /** What makes it or what it is, in a word: `table`, `model`, `multi_asset split_stories`. */
  readonly kind?: string | undefined;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
}

export interface GraphGroup {
  readonly id: string;
  readonly name: string;
}

/** What changes while the reader looks on; none of it moves a node. */
export interface NodeStatus {
  readonly state: State;
  /** The last value in a few characters: `R² 0.412`, `1,000 × 9`. */
  readonly value?: string | undefined;
  /** Why it is in this state. */
  readonly why?: string | undefined;
  readonly checks?: { readonly passed: number; readonly failed: number; readonly warned?: number } | undefined;
}

/** A card: an asset, or a whole group that is folded up. */
export interface Card {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly group: number;
  /** Ids of what is inside a folded group; undefined for an asset. */
  readonly folded?: readonly string[];
}

/** What is on the canvas: cards, and links between their indices. */
export interface Scene {
  readonly cards: readonly Card[];
  readonly links: readonly Link[];
  readonly groups: readonly GraphGroup[];
  readonly index: ReadonlyMap<string, number>;
}

export interface Link {
  readonly from: number;
  readonly to: number;
}

/** What the layout needs to know of a scene; small and flat, so that it travels to a worker. */
export interface LayoutRequest {
  readonly count: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Index of each card's group, -1 for none. */
  readonly group: Int32Array;
  readonly groups: number;
  /** Of the screen; what is small enough flows right or down, as fits it better. */
  readonly shape: number;
}

export type Direction = "right" | "down";

/** Where everything is, in world units: one unit is one CSS pixel at zoom 1. */
export interface Layout {
  /** Left and top of each card. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** x, y, width, height of each group; width 0 if it has no box. */
  readonly boxes: Float32Array;
  /** Way points of all links, x and y alternating; those of link i are between `starts[i]` and `starts[i + 1]`. */
  readonly points: Float32Array;
  readonly starts: Uint32Array;
  /** Where links flow to: they leave cards at this side. */
  readonly direction: Direction;
  readonly width: number;
  readonly height: number;
}

export const CARD = { width: 256, height: 64 } as const;
/** Room inside a group's box: around its cards, and for its name. */
export const BOX = { pad: 22, head: 38 } as const;
