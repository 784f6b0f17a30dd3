import { useEffect, useMemo, useState } from "react";
import { layout } from "./layout";
import type { Layout, Scene } from "./model";
import { requestOf } from "./scene";

/** Below this, a layout takes less than starting a worker does. */
const AT_ONCE = 1_500;

interface Laid {
  readonly scene: Scene;
  readonly layout: Layout;
}

/** The scene with its layout; while a new one is being laid out, the one before. Nothing while the shape of the view is
 * not known: it would be laid out twice. */
export function useLayout(scene: Scene, shape: number | undefined): Laid | undefined {
  const isSmall = scene.cards.length <= AT_ONCE;
  const atOnce = useMemo(
    () => (isSmall && shape !== undefined ? { scene, layout: layout(requestOf(scene, shape)) } : undefined),
    [scene, shape, isSmall],
  );
  const [laid, setLaid] = useState<Laid>();
  useEffect(() => {
    if (isSmall || shape === undefined) return undefined;
    const worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = (event: MessageEvent<Layout>) => setLaid({ scene, layout: event.data });
    worker.postMessage(requestOf(scene, shape));
    return () => worker.terminate();
  }, [scene, shape, isSmall]);
  return atOnce ?? laid;
}
