import { describe, expect, it } from "vitest";
import { asked, targetOf } from "./target";

const of = (query: string, only?: string) => asked(targetOf(new URLSearchParams(query), undefined, only));

describe("what a run is to be of", () => {
  it("is what the address says", () => {
    expect(of("")).toEqual({});
    expect(of("select=%2Bmodel")).toEqual({ selection: "+model" });
    expect(of("assets=a,b")).toEqual({ assets: ["a", "b"] });
    expect(of("job=nightly&select=a")).toEqual({ job: "nightly", selection: "a" });
  });

  it("is a job where there are no assets, unless the address says something else", () => {
    expect(of("", "nightly")).toEqual({ job: "nightly" });
    expect(of("job=weekly", "nightly")).toEqual({ job: "weekly" });
  });
});
