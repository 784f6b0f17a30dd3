/** Text that fits: names lose their middle, as their ends tell them apart; the rest loses its end. */

export type Measure = (text: string) => number;
export type Cut = "middle" | "end";

/** The longest shortening of `text` that is not wider than `room`. */
export function shortened(text: string, room: number, measure: Measure, cut: Cut): string {
  if (measure(text) <= room) return text;
  let least = 0;
  let most = text.length - 1;
  while (least < most) {
    const length = Math.ceil((least + most) / 2);
    if (measure(cutTo(text, length, cut)) <= room) least = length;
    else most = length - 1;
  }
  return least === 0 ? "" : cutTo(text, least, cut);
}

function cutTo(text: string, length: number, cut: Cut): string {
  if (cut === "end") return `${text.slice(0, length).trimEnd()}…`;
  const head = Math.ceil(length * 0.55);
  return `${text.slice(0, head)}…${text.slice(text.length - (length - head))}`;
}

/** Remembers what it was asked: the same few texts are drawn in every frame. */
export class Fitter {
  private readonly known = new Map<string, string>();
  private readonly widths = new Map<string, number>();

  constructor(private readonly context: CanvasRenderingContext2D) {}

  fit(text: string, font: string, room: number, cut: Cut): string {
    const key = `${font} ${Math.round(room)} ${cut} ${text}`;
    let fitting = this.known.get(key);
    if (fitting === undefined) {
      if (this.known.size > 50_000) this.known.clear();
      fitting = shortened(text, room, (part) => this.width(part, font), cut);
      this.known.set(key, fitting);
    }
    return fitting;
  }

  width(text: string, font: string): number {
    const key = `${font} ${text}`;
    let width = this.widths.get(key);
    if (width === undefined) {
      if (this.widths.size > 50_000) this.widths.clear();
      this.context.save();
      this.context.font = font;
      width = this.context.measureText(text).width;
      this.context.restore();
      this.widths.set(key, width);
    }
    return width;
  }
}
