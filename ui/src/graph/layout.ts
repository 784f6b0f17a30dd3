/** Where cards, boxes and links are: two levels of `layered`.
 *
 * The cards of a group are laid out inside its box; links that cross its edge end there, at a gate. Then boxes and
 * cards without a group are laid out like cards, gates being the ports of their links. A second round puts the gates
 * in the order of what they lead to. A link's way is the sum of its parts: card, lanes inside, lanes between boxes,
 * lanes inside, card. A link that leads back, between boxes that use one another, goes straight there.
 *
 * `layered` thinks from left to right. A graph that flows down is laid out lying on its side, and set up at the end.
 */
import { columnsOf } from "./columns";
import { type Care, layered } from "./layered";
import { BOX, CARD, type Direction, type Layout, type LayoutRequest } from "./model";
import type { Gaps, Item, ItemLink, Placed } from "./slots";

/** Sizes along the flow (width) and across it (height). */
interface Measures {
  readonly card: Item;
  /** Room in a box before and after its cards, along the flow and across it. */
  readonly before: Gaps;
  readonly after: Gaps;
  readonly cards: Gaps;
  readonly boxes: Gaps;
}

const MEASURES: Readonly<Record<Direction, Measures>> = {
  right: {
    card: CARD,
    before: { x: BOX.pad, y: BOX.head },
    after: { x: BOX.pad, y: BOX.pad },
    cards: { x: 72, y: 22 },
    boxes: { x: 64, y: 36 },
  },
  down: {
    card: { width: CARD.height, height: CARD.width },
    before: { x: BOX.head, y: BOX.pad },
    after: { x: BOX.pad, y: BOX.pad },
    cards: { x: 58, y: 28 },
    boxes: { x: 44, y: 40 },
  },
};

/** Two rounds and lanes, and both directions with all care, as long as nobody waits for them. */
const ROUNDS_BELOW = 700;
const BOTH_BELOW = 400;

export function layout(request: LayoutRequest): Layout {
  const right = flowing(request, "right");
  if (request.count > BOTH_BELOW) return right;
  const down = flowing(request, "down");
  const zoom = (size: { width: number; height: number }) => Math.min(request.shape / size.width, 1 / size.height);
  return zoom(down) > zoom(right) ? down : right;
}

/** The inside of one box. */
interface Inside {
  readonly members: readonly number[];
  readonly placed: Placed;
  /** Item of the gate by which links of a card leave, and of that by which those of a card outside enter. */
  readonly exits: ReadonlyMap<number, number>;
  readonly entries: ReadonlyMap<number, number>;
  readonly width: number;
  readonly height: number;
}

interface Graph extends LayoutRequest {
  readonly measures: Measures;
  readonly links: number;
  /** The unit of each card at the upper level: its box, or itself. */
  readonly unit: Int32Array;
  readonly members: readonly (readonly number[])[];
  /** How deep each card is in the whole graph, and the cards of each box in the mean. */
  readonly column: Int32Array;
  readonly depth: readonly number[];
}

/** Of each link of the graph the links of the levels that it is made of, as their places in `placed.lanes` there. */
interface Parts {
  /** Inside its box, or out of the box that it leaves. */
  readonly first: Int32Array;
  readonly between: Int32Array;
  readonly last: Int32Array;
}

type Heights = (card: number) => number | undefined;

function flowing(request: LayoutRequest, direction: Direction): Layout {
  const graph = prepared(request, MEASURES[direction]);
  const partners = partnersOf(graph);
  const rounds = request.groups > 0 && request.count <= ROUNDS_BELOW ? 2 : 1;
  let heights: Heights = () => undefined;
  let insides: (Inside | undefined)[] = [];
  let upper: Placed | undefined;
  const parts = { first: new Int32Array(graph.links), between: new Int32Array(graph.links), last: new Int32Array(graph.links) };
  for (let round = 0; round < rounds || upper === undefined; round++) {
    const care = careOf(request.count, round === rounds - 1);
    insides = graph.members.map((members, box) =>
      members.length === 0 ? undefined : insideOf(graph, box, members, partners, heights, care, parts),
    );
    upper = upperOf(graph, insides, parts);
    const [, tops] = cornersOf(graph, insides, upper);
    heights = (card) => (tops[card] ?? 0) + graph.measures.card.height / 2;
  }
  const lying = composed(graph, insides, upper, parts);
  return direction === "right" ? lying : upright(lying);
}

function careOf(count: number, isLastRound: boolean): Care {
  if (count <= BOTH_BELOW) return "full";
  return isLastRound && count <= ROUNDS_BELOW ? "usual" : "quick";
}

function prepared(request: LayoutRequest, measures: Measures): Graph {
  const members: number[][] = Array.from({ length: request.groups }, () => []);
  const unit = new Int32Array(request.count);
  let loners = request.groups;
  for (let card = 0; card < request.count; card++) {
    const group = request.group[card] ?? -1;
    unit[card] = group >= 0 ? group : loners++;
    if (group >= 0) members[group]?.push(card);
  }
  const column = request.groups === 0 ? new Int32Array(request.count) : globalColumns(request);
  const depth = members.map((inside) => inside.reduce((sum, card) => sum + (column[card] ?? 0), 0) / Math.max(1, inside.length));
  return { ...request, measures, links: request.from.length, unit, members, column, depth };
}

function globalColumns(request: LayoutRequest): Int32Array {
  const cards = Array.from({ length: request.count }, () => CARD);
  return columnsOf(
    cards,
    Array.from(request.from, (from, at) => ({ from, to: request.to[at] ?? 0 })),
  );
}

/** Of each box the cards that links leave from, and those outside that links come from, with the links. */
interface Partners {
  readonly leaving: readonly Map<number, number[]>[];
  readonly entering: readonly Map<number, number[]>[];
  readonly within: readonly number[][];
}

function partnersOf(graph: Graph): Partners {
  const maps = () => Array.from({ length: graph.groups }, () => new Map<number, number[]>());
  const partners = { leaving: maps(), entering: maps(), within: Array.from({ length: graph.groups }, (): number[] => []) };
  const note = (map: Map<number, number[]> | undefined, card: number, link: number) => {
    const known = map?.get(card);
    if (known === undefined) map?.set(card, [link]);
    else known.push(link);
  };
  for (let link = 0; link < graph.links; link++) {
    const from = graph.from[link] ?? 0;
    const a = graph.unit[from] ?? 0;
    const b = graph.unit[graph.to[link] ?? 0] ?? 0;
    if (a === b) partners.within[a]?.push(link);
    else {
      note(partners.leaving[a], from, link);
      note(partners.entering[b], from, link);
    }
  }
  return partners;
}

function insideOf(
  graph: Graph,
  box: number,
  members: readonly number[],
  partners: Partners,
  heights: Heights,
  care: Care,
  parts: Parts,
): Inside {
  const { card, before, after, cards } = graph.measures;
  const items: Item[] = members.map(() => card);
  const at = new Map(members.map((member, index) => [member, index]));
  const links: ItemLink[] = [];
  const join = (from: number, to: number) => links.push({ from, to, channel: from, fromPort: 0, toPort: 0 }) - 1;
  const gate = (pin: "first" | "last", anchor: number | undefined) => items.push({ width: 0, height: 2, pin, anchor }) - 1;
  const target = (link: number) => at.get(graph.to[link] ?? 0) ?? 0;
  for (const link of partners.within[box] ?? []) parts.first[link] = join(at.get(graph.from[link] ?? 0) ?? 0, target(link));
  const entries = new Map<number, number>();
  for (const [from, entering] of partners.entering[box] ?? []) {
    const entry = gate("first", heights(from));
    entries.set(from, entry);
    for (const link of entering) parts.last[link] = join(entry, target(link));
  }
  const exits = new Map<number, number>();
  for (const [from, leaving] of partners.leaving[box] ?? []) {
    const known = leaving.flatMap((link) => heights(graph.to[link] ?? 0) ?? []);
    const exit = gate("last", known.length > 0 ? known.reduce((sum, y) => sum + y, 0) / known.length : undefined);
    exits.set(from, exit);
    const joined = join(at.get(from) ?? 0, exit);
    for (const link of leaving) parts.first[link] = joined;
  }
  const placed = layered(items, links, cards, care);
  // Columns of gates are the edges of the box; the room that `layered` leaves beside them takes the place of padding.
  const left = entries.size > 0 ? Math.max(0, before.x - cards.x * 0.45) : before.x;
  const right = exits.size > 0 ? 0 : after.x;
  for (let item = 0; item < items.length; item++) {
    placed.x[item] = (placed.x[item] ?? 0) + left;
    placed.y[item] = (placed.y[item] ?? 0) + before.y;
  }
  const lanes = placed.lanes.map((lane) => lane?.map((value, part) => value + (part % 3 === 2 ? before.y : left)));
  const size = { width: placed.width + left + right, height: placed.height + before.y + after.y };
  return { members, placed: { ...placed, lanes }, exits, entries, ...size };
}

function upperOf(graph: Graph, insides: readonly (Inside | undefined)[], parts: Parts): Placed {
  const items: Item[] = insides.map((inside, box) => ({
    width: inside?.width ?? 0,
    height: inside?.height ?? 0,
    rank: graph.depth[box] ?? 0,
  }));
  for (let card = 0; card < graph.count; card++) {
    if ((graph.group[card] ?? -1) < 0) items.push({ ...graph.measures.card, rank: graph.column[card] ?? 0 });
  }
  const port = (inside: Inside | undefined, item: number | undefined): number =>
    inside === undefined || item === undefined ? 0 : (inside.placed.y[item] ?? 0) - inside.height / 2;
  const links: ItemLink[] = [];
  const known = new Map<number, number>(); // of a card and the unit that it leads to
  for (let link = 0; link < graph.links; link++) {
    const source = graph.from[link] ?? 0;
    const from = graph.unit[source] ?? 0;
    const to = graph.unit[graph.to[link] ?? 0] ?? 0;
    if (from === to) continue;
    const both = source * items.length + to;
    const joined = known.get(both) ?? links.length;
    parts.between[link] = joined;
    if (joined < links.length) continue;
    known.set(both, joined);
    const fromPort = port(insides[from], insides[from]?.exits.get(source));
    links.push({ from, to, channel: source, fromPort, toPort: port(insides[to], insides[to]?.entries.get(source)) });
  }
  const hasBoxes = insides.some((inside) => inside !== undefined);
  return layered(items, links, hasBoxes ? graph.measures.boxes : graph.measures.cards);
}

/** Left and top of every card. */
function cornersOf(graph: Graph, insides: readonly (Inside | undefined)[], placed: Placed): [Float32Array, Float32Array] {
  const x = new Float32Array(graph.count);
  const y = new Float32Array(graph.count);
  const half = graph.measures.card.height / 2;
  for (let card = 0; card < graph.count; card++) {
    const unit = graph.unit[card] ?? 0;
    if (unit < graph.groups) continue;
    x[card] = Math.round(placed.x[unit] ?? 0);
    y[card] = Math.round((placed.y[unit] ?? 0) - half);
  }
  insides.forEach((inside, box) => {
    inside?.members.forEach((card, item) => {
      x[card] = Math.round((placed.x[box] ?? 0) + (inside.placed.x[item] ?? 0));
      y[card] = Math.round((placed.y[box] ?? 0) - inside.height / 2 + (inside.placed.y[item] ?? 0) - half);
    });
  });
  return [x, y];
}

function composed(graph: Graph, insides: readonly (Inside | undefined)[], placed: Placed, parts: Parts): Layout {
  const [x, y] = cornersOf(graph, insides, placed);
  const { card } = graph.measures;
  const boxes = new Float32Array(graph.groups * 4);
  insides.forEach((inside, box) => {
    if (inside === undefined) return;
    const top = (placed.y[box] ?? 0) - inside.height / 2;
    boxes.set([placed.x[box] ?? 0, top, inside.width, inside.height].map(Math.round), box * 4);
  });
  const points: number[] = [];
  const starts = new Uint32Array(graph.links + 1);
  const lanes = (taken: readonly number[] | undefined, left: number, top: number) => {
    for (let at = 0; at < (taken?.length ?? 0); at += 3) {
      const height = (taken?.[at + 2] ?? 0) + top;
      points.push((taken?.[at] ?? 0) + left, height, (taken?.[at + 1] ?? 0) + left, height);
    }
  };
  const inside = (box: number, part: number | undefined) => {
    lanes(insides[box]?.placed.lanes[part ?? -1], boxes[box * 4] ?? 0, boxes[box * 4 + 1] ?? 0);
  };
  for (let link = 0; link < graph.links; link++) {
    const from = graph.from[link] ?? 0;
    const to = graph.to[link] ?? 0;
    const [a, b] = [graph.unit[from] ?? 0, graph.unit[to] ?? 0];
    starts[link] = points.length;
    points.push((x[from] ?? 0) + card.width, (y[from] ?? 0) + card.height / 2);
    if (a === b) inside(a, parts.first[link]);
    else if ((placed.x[b] ?? 0) > (placed.x[a] ?? 0)) {
      inside(a, parts.first[link]);
      lanes(placed.lanes[parts.between[link] ?? -1], 0, 0);
      inside(b, parts.last[link]);
    }
    points.push(x[to] ?? 0, (y[to] ?? 0) + card.height / 2);
  }
  starts[graph.links] = points.length;
  const size = { width: placed.width, height: placed.height };
  return { x, y, boxes, points: Float32Array.from(points), starts, direction: "right", ...size };
}

/** What was laid out from left to right, from top to bottom: x and y change places. */
function upright(lying: Layout): Layout {
  const swapped = (pairs: Float32Array) => pairs.map((_, at) => pairs[at ^ 1] ?? 0);
  const points = swapped(lying.points);
  const boxes = swapped(lying.boxes);
  return { ...lying, x: lying.y, y: lying.x, points, boxes, direction: "down", width: lying.height, height: lying.width };
}
