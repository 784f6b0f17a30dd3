/** Graphs to look at and to measure: the guide's, and generated ones. */
import type { GraphEdge, GraphGroup, GraphNode, NodeStatus } from "../src/graph/model";
import type { State } from "../src/states/states";

export interface Sample {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly groups: readonly GraphGroup[];
  readonly statuses: ReadonlyMap<string, NodeStatus>;
}

type Row = readonly [name: string, group: string, kind: string, state: State, value: string, checks: readonly [number, number] | null, from: string];

const GUIDE: readonly Row[] = [
  ["hackernews_stories", "stories", "DataFrame", "fresh", "1,000 × 9", [3, 0], ""],
  ["training_data", "stories", "DataFrame", "fresh", "800 titles", [1, 0], "hackernews_stories"],
  ["test_data", "stories", "DataFrame", "fresh", "200 titles", null, "hackernews_stories"],
  ["latest_stories", "stories", "DataFrame", "stale", "100 × 9", null, ""],
  ["tfidf_vectorizer", "features", "TfidfVectorizer", "fresh", "3,412 words", [2, 0], "training_data"],
  ["transformed_training_data", "features", "ndarray", "fresh", "800 × 3,412", null, "training_data tfidf_vectorizer"],
  ["transformed_test_data", "features", "ndarray", "fresh", "200 × 3,412", null, "test_data tfidf_vectorizer"],
  ["latest_features", "features", "ndarray", "stale", "100 × 3,412", null, "latest_stories tfidf_vectorizer"],
  ["xgboost_comments_model", "model", "XGBRegressor", "running", "20 trees", [1, 0], "transformed_training_data"],
  ["baseline_model", "model", "Ridge", "fresh", "α = 1.0", null, "transformed_training_data"],
  ["comments_model_test_set_r_squared", "model", "float", "queued", "R² 0.412", [0, 1], "transformed_test_data xgboost_comments_model"],
  ["baseline_r_squared", "model", "float", "fresh", "R² 0.318", null, "transformed_test_data baseline_model"],
  ["latest_story_comment_predictions", "model", "ndarray", "missing", "", null, "latest_features xgboost_comments_model"],
  ["model_card", "model", "Markdown", "failed", "KeyError: 'score'", null, "comments_model_test_set_r_squared baseline_r_squared"],
];

/** The pipeline of the guide, as it is half-way through a run. */
export function guide(): Sample {
  const nodes = GUIDE.map(([name, group, kind]) => ({ id: name, name, group, kind }));
  const edges = GUIDE.flatMap(([to, , , , , , from]) => (from === "" ? [] : from.split(" ").map((one) => ({ from: one, to }))));
  const groups = ["stories", "features", "model"].map((id) => ({ id, name: id }));
  const statuses = new Map(
    GUIDE.map(([name, , , state, value, checks]): [string, NodeStatus] => [
      name,
      { state, value, checks: checks === null ? undefined : { passed: checks[0], failed: checks[1] } },
    ]),
  );
  return { nodes, edges, groups, statuses };
}

/** Numbers that look random and are the same each time (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const MOOD: readonly State[] = ["fresh", "fresh", "fresh", "fresh", "fresh", "stale", "stale", "missing", "failed", "skipped", "running", "queued", "source"];

/** `count` assets in 20 ranks with 1.5 links each, nearly all to near ones of the rank before; groups of about
 * `perGroup` are neighbours in five ranks. 0: no groups. */
export function generated(count: number, perGroup: number): Sample {
  const draw = random(count + perGroup);
  const ranks = Math.min(20, Math.max(4, Math.ceil(Math.sqrt(count) / 2)));
  const across = Math.ceil(count / ranks);
  const slice = Math.max(1, Math.round(perGroup / 5));
  const nodes: GraphNode[] = [];
  const edges: GraphEdge[] = [];
  const statuses = new Map<string, NodeStatus>();
  const groups = new Map<string, GraphGroup>();
  for (let at = 0; at < count; at++) {
    const rank = Math.floor(at / across);
    const place = at % across;
    const id = `asset_${at}`;
    const group = perGroup > 0 ? `group ${Math.floor(rank / 5)}.${Math.floor(place / slice)}` : undefined;
    if (group !== undefined) groups.set(group, { id: group, name: group });
    nodes.push({ id, name: `${["orders", "sessions", "embedding", "score"][at % 4]}_${at}`, group, kind: "DataFrame" });
    const state = MOOD[Math.floor(draw() * MOOD.length)] ?? "fresh";
    const checks = at % 3 === 0 ? { passed: 2, failed: at % 21 === 0 ? 1 : 0 } : undefined;
    statuses.set(id, { state, value: `${Math.floor(draw() * 9e5).toLocaleString("en")} × 12`, checks });
    const links = rank === 0 ? 0 : draw() < 0.42 ? 1 : 2;
    for (let link = 0; link < links; link++) {
      const back = draw() < 0.93 ? 1 : 1 + Math.floor(draw() * Math.min(rank, 4));
      const beside = Math.min(across - 1, Math.max(0, place + Math.round((draw() - 0.5) * 6)));
      edges.push({ from: `asset_${(rank - back) * across + beside}`, to: id });
    }
  }
  return { nodes, edges, groups: [...groups.values()], statuses };
}
