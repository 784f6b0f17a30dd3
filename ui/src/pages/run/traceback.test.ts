import { expect, test } from "vitest";
import { raisedIn, shortFile } from "./traceback";

const CHAINED = `ValueError: bad
value

Stack Trace:
  File "/srv/project/load.py", line 3, in load
    return parse(text)
           ^^^^^^^^^^^


The above exception led to:

RuntimeError: no rows

Stack Trace:
  File "/srv/project/steps.py", line 9, in rows
    load()
  File "/usr/lib/python3.12/site-packages/pandas/io.py", line 1, in read
    raise error
  File "/usr/lib/python3.12/site-packages/pandas/io.py", line 2, in inner
  File "/srv/project/steps.py", line 20, in back
    fail()
`;

test("a chain comes apart, causes first", () => {
  const raised = raisedIn(CHAINED);
  expect(raised.map(({ message }) => message)).toEqual(["ValueError: bad\nvalue", "RuntimeError: no rows"]);
});

test("frames of libraries are put together and named", () => {
  const stretches = raisedIn(CHAINED)[1]?.stretches ?? [];
  expect(stretches.map(({ isUsers, frames, of }) => [isUsers, frames.length, isUsers ? "" : of])).toEqual([
    [true, 1, ""],
    [false, 2, "pandas"],
    [true, 1, ""],
  ]);
});

test("the marks below a line stay with it", () => {
  expect(raisedIn(CHAINED)[0]?.stretches[0]?.frames[0]).toEqual({
    file: "/srv/project/load.py",
    line: 3,
    name: "load",
    code: "return parse(text)\n       ^^^^^^^^^^^",
    isUsers: true,
  });
});

test("an error without frames has its message", () => {
  expect(raisedIn("Failure: too few")).toEqual([{ message: "Failure: too few", stretches: [] }]);
});

test("of a path its end is shown", () => {
  expect(shortFile("/srv/project/steps.py")).toBe("…/project/steps.py");
  expect(shortFile("steps.py")).toBe("steps.py");
});
