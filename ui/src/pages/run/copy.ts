import { say } from "../../notices/notices";

/** Copy a text, and say so. */
export function copy(text: string, what: string): void {
  navigator.clipboard.writeText(text).then(
    () => say(`${what} was copied.`),
    () => say("The browser does not let this page copy. Mark the text and press Ctrl-C.", { isTrouble: true }),
  );
}
