import { expect, test } from "vitest";
import { doingText } from "./doing";

test("what a step says is one line", () => {
  expect(doingText({ progress: null, doing: null })).toBeUndefined();
  expect(doingText({ progress: 0.459, doing: null })).toBe("45 %");
  expect(doingText({ progress: 0.459, doing: "epoch 5" })).toBe("45 % · epoch 5");
  expect(doingText({ progress: 0.3, doing: "10% of the rows" })).toBe("30 % · 10% of the rows");
  expect(doingText({ progress: null, doing: "waits for gpu, held by train of run 3" })).toBe("waits for gpu, held by train of run 3");
});
