import { expect, test } from "vitest";
import { agoText, bytesText, countText, durationText, numberText, plural } from "./format";

test.each([
  [0, "0 B"], [999, "999 B"], [1000, "1.0 kB"], [9949, "9.9 kB"], [9950, "10 kB"], [57_000_000, "57 MB"], [999_600, "1.0 MB"],
])("%d bytes", (bytes, text) => expect(bytesText(bytes)).toBe(text));

test.each([
  [0, "0 ms"], [0.0123, "12 ms"], [0.9999, "1.0 s"], [9.96, "10 s"], [59.6, "1 min"], [185, "3 min 5 s"], [7380, "2 h 3 min"],
  [3 * 86_400, "3 d"],
])("%d seconds", (seconds, text) => expect(durationText(seconds)).toBe(text));

test.each([
  [2, "now"], [42, "42 s ago"], [61, "1 min ago"], [7300, "2 h ago"], [100_000, "yesterday"], [400_000, "4 days ago"],
])("%d seconds ago", (seconds, text) => expect(agoText(1e15, 1e15 + seconds * 1e6)).toBe(text));

test("a time that has not come yet is now", () => expect(agoText(2e15, 1e15)).toBe("now"));

test.each([
  [0.432178, "0.43218"], [1234, "1,234"], [1.2e-7, "1.20e-7"], ["NaN", "NaN"], ["-Infinity", "−∞"], [0, "0"], [1e20, "1.00e+20"],
] as const)("the number %s", (value, text) => expect(numberText(value)).toBe(text));

test.each([
  [0, "0"], [999, "999"], [1000, "1,000"], [-1234567, "-1,234,567"], [123456.789, "123,456.789"], [-0.5, "-0.5"], [1e21, "1e+21"], [1e-7, "1e-7"],
])("the digits of %d", (value, text) => expect(countText(value)).toBe(text));

test("one or several", () => expect([plural(1, "asset"), plural(2000, "asset")]).toEqual(["1 asset", "2,000 assets"]));
