import { describe, expect, it } from "vitest";
import { guide } from "../../dev/graphs";
import { endsOf } from "./picture";
import { foldedId, requestOf, sceneOf, statusesOf, statusOfFolded } from "./scene";

const { nodes, edges, groups, statuses } = guide();

describe("scene", () => {
  it("folds a group to one card, and its links with it", () => {
    const scene = sceneOf(nodes, edges, groups, new Set(["features"]));
    const folded = scene.index.get(foldedId("features")) ?? -1;
    expect(scene.cards.length).toBe(nodes.length - 3);
    expect(scene.cards[folded]?.folded?.length).toBe(4);
    expect(scene.index.get("tfidf_vectorizer")).toBe(folded);
    const into = scene.links.filter((link) => link.to === folded).map((link) => scene.cards[link.from]?.id);
    expect(into).toEqual(["training_data", "test_data", "latest_stories"]);
    expect(scene.links.every((link) => link.from !== link.to)).toBe(true);
  });

  it("leaves out links to what is not there", () => {
    const scene = sceneOf(nodes, [...edges, { from: "nobody", to: "test_data" }], groups, new Set());
    expect(scene.links.length).toBe(edges.length);
    expect(requestOf(scene, 1).group[0]).toBe(0);
  });

  it("knows the links of each card", () => {
    const scene = sceneOf(nodes, edges, groups, new Set());
    const { into, outOf } = endsOf(scene);
    const card = scene.index.get("tfidf_vectorizer") ?? -1;
    expect(into[card]?.map((link) => scene.cards[scene.links[link]?.from ?? -1]?.id)).toEqual(["training_data"]);
    expect(outOf[card]?.length).toBe(3);
    expect(endsOf(scene)).toBe(endsOf(scene));
  });

  it("shows the gravest state of a folded group, and how many are in which", () => {
    const status = statusOfFolded(["model_card", "xgboost_comments_model", "baseline_model"], statuses);
    expect(status.state).toBe("failed");
    expect(status.value).toBe("3 assets");
    expect(status.shares).toEqual([
      { state: "fresh", count: 1 },
      { state: "failed", count: 1 },
      { state: "running", count: 1 },
    ]);
    expect(status.checks).toEqual({ passed: 1, failed: 0, warned: 0 });
  });

  it("keeps the statuses that have not changed", () => {
    const scene = sceneOf(nodes, edges, groups, new Set(["features"]));
    const before = statusesOf(scene, statuses);
    const copied = new Map([...statuses].map(([id, status]) => [id, { ...status }]));
    expect(statusesOf(scene, copied, before)).toBe(before);
    const after = statusesOf(scene, copied.set("latest_features", { state: "running" }), before);
    const changed = after.flatMap((status, at) => (status === before[at] ? [] : [scene.cards[at]?.name]));
    expect(changed).toEqual(["features"]);
  });
});
