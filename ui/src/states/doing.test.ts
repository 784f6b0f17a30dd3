import { expect, test } from "vitest";
import { doingText } from "./doing";

test("what a step says is one line", () => {
  expect(doingText({ progress: null, doing: null })).toBeUndefined();
  expect(doingText({ progress: 0.459, doing: null })).toBe("45 %");
  expect(doingText({ progress: 0.459, doing: "epoch 5" })).toBe("45 % · epoch 5");
  expect(doingText({ progress: 0.45, doing: "45%|####    | 9/20" })).toBe("45%|####    | 9/20");
  expect(doingText({ progress: null, doing: "waits for gpu, held by train of run 3" })).toBe("waits for gpu, held by train of run 3");
});
