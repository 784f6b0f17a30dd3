import { describe, expect, it } from "vitest";
import { openCard, toggleCard } from "./choosing";
import { foldedId, sceneOf } from "./scene";

const nodes = ["a", "b", "c"].map((id) => ({ id, name: id, ...(id === "a" ? {} : { group: "g" }) }));
const scene = sceneOf(nodes, [], [{ id: "g", name: "g" }], new Set(["g"]));
const card = (id: string) => scene.index.get(id) ?? -1;

describe("a click", () => {
  it("chooses all of a folded group, and lets go of it when all are chosen", () => {
    let selection: ReadonlySet<string> = new Set(["b"]);
    const onSelect = (next: ReadonlySet<string>) => (selection = next);
    toggleCard(scene, card(foldedId("g")), { selection, onSelect });
    expect([...selection]).toEqual(["b", "c"]);
    toggleCard(scene, card(foldedId("g")), { selection, onSelect });
    expect([...selection]).toEqual([]);
    toggleCard(scene, -1, { selection: new Set(["a"]), onSelect });
    expect([...selection]).toEqual([]);
  });

  it("opens an asset, and unfolds a group", () => {
    const done: string[] = [];
    const to = { onOpen: (id: string) => done.push(id), onFold: (group: string, folded: boolean) => done.push(`${group} ${folded}`) };
    openCard(scene, card("a"), to);
    openCard(scene, card(foldedId("g")), to);
    openCard(scene, -1, to);
    expect(done).toEqual(["a", "g false"]);
  });
});
