import { say } from "../../notices/notices";

/** Copy a text. Browsers let pages do that on this machine and over https only; elsewhere the text is shown to be marked. */
export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(`Copied: ${text}`);
  } catch {
    say(`The browser does not let the page copy here. Mark it yourself: ${text}`, { isTrouble: true });
  }
}
