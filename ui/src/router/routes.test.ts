import { describe, expect, it } from "vitest";
import { addressOf, placeAt } from "./routes";

describe("addresses", () => {
  it("keep a key with slashes in one part", () => {
    const address = addressOf("asset", { key: "raw/hacker news" });
    expect(address).toBe("/assets/raw%2Fhacker%20news");
    expect(placeAt(address)).toEqual({ name: "asset", params: { key: "raw/hacker news" } });
    expect(placeAt("/assets/raw/hacker%20news/")).toEqual({ name: "asset", params: { key: "raw/hacker news" } });
  });

  it("leave out what is not asked", () => {
    expect(addressOf("runs", {}, { state: "failed", asset: undefined })).toBe("/runs?state=failed");
    expect(addressOf("graph", {})).toBe("/");
  });

  it("lead to their place, with or without a slash at the end", () => {
    expect(placeAt("/")).toEqual({ name: "graph", params: {} });
    expect(placeAt("/runs")).toEqual({ name: "runs", params: {} });
    expect(placeAt("/runs/01J/")).toEqual({ name: "run", params: { id: "01J" } });
  });

  it("lead nowhere when they are of no route, or cannot be read", () => {
    expect(placeAt("/nothing")).toBeUndefined();
    expect(placeAt("/assets/")).toBeUndefined();
    expect(placeAt("/assets/%E0%A4%A")).toBeUndefined();
    expect(placeAt("/runs/1/2")).toBeUndefined();
  });
});
