/** A traceback as Python prints it, taken apart: the user's frames stand out, those of libraries are folded. */

export interface Frame {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  /** The line of code, and the marks below it. */
  readonly code: string;
  readonly isUsers: boolean;
}

/** Neighbouring frames of one kind. */
export interface Stretch {
  readonly isUsers: boolean;
  readonly frames: readonly Frame[];
  /** Which libraries they are of. */
  readonly of: string;
}

/** An exception of a chain; the last is the one that ended the step, those before led to it. */
export interface Raised {
  readonly message: string;
  readonly stretches: readonly Stretch[];
}

const LIBRARY = /[\\/](?:site-packages|dist-packages)[\\/]|[\\/]lib[\\/]python\d|[\\/]src[\\/]tidemill[\\/]|^<frozen/;
const FRAME = /^ {2}File "(.+)", line (\d+)(?:, in (.+))?$/;
const LINK = /^(?:The above exception|During handling of) .+:$/;

export function raisedIn(traceback: string): readonly Raised[] {
  const found: Raised[] = [];
  let message: string[] = [];
  let frames: Frame[] = [];
  const close = () => {
    const text = message.join("\n").trim();
    if (text !== "" || frames.length > 0) found.push({ message: text, stretches: stretchesOf(frames) });
    message = [];
    frames = [];
  };
  let code: string[] | undefined;
  for (const line of traceback.split("\n")) {
    const head = FRAME.exec(line);
    if (head !== null) {
      code = [];
      frames.push({ file: head[1] ?? "", line: Number(head[2]), name: head[3] ?? "", code: "", isUsers: !LIBRARY.test(head[1] ?? "") });
    } else if (LINK.test(line)) {
      close();
      code = undefined;
    } else if (code !== undefined && (line.startsWith("    ") || line.startsWith("  ["))) {
      code.push(line.slice(4));
      const last = frames.pop();
      if (last !== undefined) frames.push({ ...last, code: code.join("\n") });
    } else if (line !== "Stack Trace:" && line !== "Traceback (most recent call last):") {
      code = undefined;
      message.push(line);
    }
  }
  close();
  return found;
}

function stretchesOf(frames: readonly Frame[]): Stretch[] {
  const found: { isUsers: boolean; frames: Frame[] }[] = [];
  for (const frame of frames) {
    const last = found.at(-1);
    if (last?.isUsers === frame.isUsers) last.frames.push(frame);
    else found.push({ isUsers: frame.isUsers, frames: [frame] });
  }
  return found.map(({ isUsers, frames: own }) => ({ isUsers, frames: own, of: [...new Set(own.map(libraryOf))].join(", ") }));
}

function libraryOf({ file }: Frame): string {
  const found = /(?:site-packages|dist-packages)[\\/]([^\\/]+)/.exec(file)?.[1] ?? /[\\/]lib[\\/]python[\d.]+[\\/]([^\\/]+)/.exec(file)?.[1];
  return (found ?? (file.includes("tidemill") ? "tidemill" : file)).replace(/\.py$/, "");
}

/** `…/project/demo.py`: the end of a path, which is what tells. */
export function shortFile(file: string): string {
  const parts = file.split(/[\\/]/);
  return parts.length <= 3 ? file : `…/${parts.slice(-2).join("/")}`;
}
