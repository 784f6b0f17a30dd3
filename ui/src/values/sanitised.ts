/** Markdown to HTML that can do nothing: a chunk of its own, loaded with the first text that needs it.
 *
 *     Markdown ──marked──▶ HTML ──DOMPurify──▶ a few harmless elements
 *
 * Images are `data:` addresses of bitmaps only: nothing is loaded from anywhere, and an SVG is a document. Links lead
 * out with http, https or mailto, and open beside the page. What is not allowed is left out; the text in it stays. */

import createPurify from "dompurify";
import { Marked } from "marked";

const ELEMENTS = [
  "a", "abbr", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2",
  "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span",
  "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var",
]; // prettier-ignore
const ATTRIBUTES = ["href", "src", "alt", "title", "width", "height", "align", "colspan", "rowspan", "start", "open"];
const BITMAP = /^data:image\/(?:png|jpeg|gif|webp);base64,[a-z0-9+/=\s]*$/i;
const LINK = /^(?:https?:|mailto:)/i;
/** Characters of an image, and of a text. */
const MOST_OF_IMAGE = 3_000_000;
const MOST = 10_000_000;

const purify = createPurify(window);
purify.addHook("uponSanitizeAttribute", (element, attribute) => {
  const value = attribute.attrValue.trim();
  if (attribute.attrName === "src") {
    attribute.keepAttr = element.nodeName === "IMG" && value.length <= MOST_OF_IMAGE && BITMAP.test(value);
    attribute.forceKeepAttr = attribute.keepAttr;
  } else if (attribute.attrName === "href") attribute.keepAttr = element.nodeName === "A" && LINK.test(value);
});
purify.addHook("afterSanitizeAttributes", (element) => {
  if (element.nodeName === "A" && element.hasAttribute("href")) {
    element.setAttribute("target", "_blank");
    element.setAttribute("rel", "noopener noreferrer");
  }
  if (element.nodeName === "IMG" && !element.hasAttribute("src")) {
    element.replaceWith(`[image${element.getAttribute("alt") ? `: ${element.getAttribute("alt")}` : ""}]`);
  }
});

/** Headings stand below those of the page: its own is the first. */
const LOWER = 2;
const marked = new Marked({
  gfm: true,
  walkTokens: (token) => {
    if (token.type === "heading") token.depth = Math.min(6, token.depth + LOWER);
  },
});

/** HTML to be set as it is. */
export function sanitised(markdown: string): string {
  const html = marked.parse(markdown.slice(0, MOST), { async: false });
  return purify.sanitize(html, { ALLOWED_TAGS: ELEMENTS, ALLOWED_ATTR: ATTRIBUTES, ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false });
}
