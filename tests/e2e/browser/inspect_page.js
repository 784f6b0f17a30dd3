/** Everything in the document that could run something, load something, or lead where it should not; one text each. */
() => {
  const FRAMES = ["iframe", "object", "embed", "base", "frame", "portal", "video", "audio", "style"];
  const LOADING = ["srcset", "srcdoc", "action", "formaction", "ping", "background", "poster"];
  const BITMAP = /^data:image\/(png|jpeg|gif|webp);base64,/;
  const found = [];
  const isOwn = (address) => new URL(address, location.href).origin === location.origin;
  for (const element of document.querySelectorAll("*")) {
    const tell = (why) => found.push(`${why}: ${element.outerHTML.slice(0, 200)}`);
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name) || LOADING.includes(name)) tell(name);
      if (name === "style" && /url\(|expression|@import/i.test(value)) tell(name);
    }
    const name = element.localName;
    if (FRAMES.includes(name)) tell(name);
    if (name === "meta" && element.httpEquiv) tell(name);
    if (name === "script" && !(element.src && isOwn(element.src))) tell(name);
    if (name === "link" && !isOwn(element.href)) tell(name);
    if (name === "img" && !BITMAP.test(element.src) && !isOwn(element.src)) tell(name);
    if (name === "a" && element.hasAttribute("href")) {
      if (!["http:", "https:", "mailto:"].includes(new URL(element.href, location.href).protocol)) tell("address");
      if (!isOwn(element.href) && !element.relList.contains("noopener")) tell("no noopener");
    }
  }
  const width = document.documentElement.scrollWidth;
  if (width > innerWidth) found.push(`the page is ${width} wide`);
  return found;
}
