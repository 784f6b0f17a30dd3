import { describe, expect, it } from "vitest";
import { shortened } from "./text";

const measure = (text: string) => text.length * 10;

describe("shortened", () => {
  it("leaves alone what fits", () => {
    expect(shortened("model", 50, measure, "middle")).toBe("model");
  });

  it("takes the middle of names and the end of the rest, and never too much", () => {
    expect(shortened("comments_model_r_squared", 150, measure, "middle")).toBe("comments…quared");
    expect(shortened("KeyError: 'score' is missing", 110, measure, "end")).toBe("KeyError:…");
    for (let room = 20; room < 300; room += 7) {
      expect(measure(shortened("comments_model_r_squared", room, measure, "middle"))).toBeLessThanOrEqual(room);
    }
  });

  it("is nothing where not even a letter fits", () => {
    expect(shortened("model", 5, measure, "middle")).toBe("");
  });
});
