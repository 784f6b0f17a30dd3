import { type KeyboardEvent, useCallback, useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTheme } from "../theme/theme";
import { fitted, revealing, ZOOM, zoomedAt } from "./camera";
import { type Choosing, openCard, toggleCard } from "./choosing";
import { Controls } from "./Controls";
import { Grid } from "./culling";
import styles from "./Graph.module.css";
import { GraphTree } from "./GraphTree";
import { Minimap } from "./Minimap";
import { CARD, type GraphEdge, type GraphGroup, type GraphNode, type NodeStatus } from "./model";
import { type Arrow, stepFrom } from "./navigate";
import { paletteOf } from "./palette";
import { membersOf, type Picture } from "./picture";
import { anchored } from "./anchor";
import { sceneOf, statusesOf } from "./scene";
import { Stage } from "./stage";
import { Fitter } from "./text";
import { Tooltip } from "./Tooltip";
import { useLayout } from "./useLayout";
import { useGestures } from "./useGestures";

interface GraphProps extends Choosing {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly groups: readonly GraphGroup[];
  /** By id of node. A new map redraws what changed in it, and moves nothing. */
  readonly statuses: ReadonlyMap<string, NodeStatus>;
  /** Ids of groups that are folded up to one card each. */
  readonly folded: ReadonlySet<string>;
  /** Nodes that match a search; the others stand back. Undefined: no search. */
  readonly matches?: ReadonlySet<string> | undefined;
  /** A node to bring into view; change it to bring another. */
  readonly reveal?: string | undefined;
}

const NONE: readonly NodeStatus[] = [];
const ARROWS: Readonly<Record<string, Arrow>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

/** The graph of assets on a canvas, with a tree above it that keyboards, screen readers and tests use. */
export function GraphCanvas(props: GraphProps) {
  const { nodes, edges, groups, statuses, selection, folded, matches, reveal } = props;
  const frame = useRef<HTMLDivElement>(null);
  const still = useRef<HTMLCanvasElement>(null);
  const live = useRef<HTMLCanvasElement>(null);
  const [stage, setStage] = useState<Stage>();
  const [shape, setShape] = useState<number>();
  const [focused, setFocused] = useState<string>();
  const isTouched = useRef(false);

  useLayoutEffect(() => {
    if (frame.current === null || still.current === null || live.current === null) return undefined;
    const made = new Stage(still.current, live.current);
    const element = frame.current;
    const measure = () => made.resize({ width: element.clientWidth, height: element.clientHeight }, window.devicePixelRatio || 1);
    measure();
    setShape(element.clientWidth / Math.max(1, element.clientHeight));
    setStage(made);
    const observer = new ResizeObserver(() => {
      measure();
      settle();
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.stop();
    };
  }, []);

  const scene = useMemo(() => sceneOf(nodes, edges, groups, folded), [nodes, edges, groups, folded]);
  const laid = useLayout(scene, shape);
  const theme = useTheme();
  const palette = useMemo(() => paletteOf(theme), [theme]);
  const fitter = useMemo(() => (stage === undefined ? undefined : new Fitter(stage.measuring)), [stage]);
  const grid = useMemo(() => (laid === undefined ? undefined : new Grid(laid.layout)), [laid]);
  const before = useRef<Picture["statuses"]>(NONE);
  const shown = useMemo(
    () => (laid === undefined ? NONE : statusesOf(laid.scene, statuses, before.current)),
    [laid, statuses],
  );
  before.current = shown;
  const faded = useMemo(() => {
    if (matches === undefined || laid === undefined) return undefined;
    const isMatch = (id: string) => matches.has(id);
    return Uint8Array.from(laid.scene.cards, (card) => ((card.folded?.some(isMatch) ?? isMatch(card.id)) ? 0 : 1));
  }, [matches, laid]);
  const picture = useMemo((): Picture | undefined => {
    if (laid === undefined || grid === undefined || fitter === undefined) return undefined;
    return { ...laid, grid, palette, fitter, statuses: shown, members: membersOf(laid.scene), faded };
  }, [laid, grid, fitter, palette, shown, faded]);

  const fit = useCallback(() => {
    if (stage === undefined || laid === undefined) return;
    stage.look(fitted({ x: 0, y: 0, width: laid.layout.width, height: laid.layout.height }, stage.view));
  }, [stage, laid]);

  // A new layout is shown whole; where the reader has chosen where to look, what is in the middle stays there.
  const last = useRef<{ laid: NonNullable<typeof laid>; grid: Grid }>(undefined);
  useLayoutEffect(() => {
    if (stage === undefined || laid === undefined || grid === undefined) return;
    if (!isTouched.current) fit();
    else if (last.current !== undefined && last.current.laid !== laid) {
      stage.look(anchored(stage.camera, stage.view, last.current.laid, last.current.grid, laid));
    }
    last.current = { laid, grid };
  }, [stage, laid, grid, fit]);
  useLayoutEffect(() => {
    if (picture !== undefined) stage?.show(picture);
  }, [stage, picture]);

  const selected = useMemo(() => {
    const cards = new Set<number>();
    for (const id of selection) {
      const card = laid?.scene.index.get(id);
      if (card !== undefined) cards.add(card);
    }
    return cards;
  }, [selection, laid]);

  const reach = useCallback(
    (card: number) => {
      if (stage === undefined || laid === undefined || card < 0) return;
      const at = { x: laid.layout.x[card] ?? 0, y: laid.layout.y[card] ?? 0, width: CARD.width, height: CARD.height };
      const near = stage.camera.zoom < 0.5 && laid.scene.cards.length > 400 ? { ...stage.camera, zoom: 0.6 } : stage.camera;
      isTouched.current = true;
      stage.look(revealing(near, at, stage.view));
    },
    [stage, laid],
  );
  useEffect(() => {
    const card = reveal === undefined ? undefined : laid?.scene.index.get(reveal);
    if (card !== undefined) reach(card);
  }, [reveal, laid, reach]);

  // What is picked stays in sight when the panel that tells of it takes room; what nobody touched stays whole.
  const settle = useEffectEvent(() => {
    const [picked] = selected;
    if (stage === undefined || laid === undefined) return;
    if (picked !== undefined) {
      const at = { x: laid.layout.x[picked] ?? 0, y: laid.layout.y[picked] ?? 0, width: CARD.width, height: CARD.height };
      stage.look(revealing(stage.camera, at, stage.view));
    } else if (!isTouched.current) fit();
  });

  const hovered = useGestures({ frame, stage, picture, ...props, onTouch: () => (isTouched.current = true) });
  useLayoutEffect(() => stage?.attend({ selected, hovered }), [stage, selected, hovered]);

  const zoom = (factor: number) => {
    if (stage === undefined) return;
    isTouched.current = true;
    stage.look(zoomedAt(stage.camera, factor, stage.view.width / 2, stage.view.height / 2));
  };
  const refit = () => {
    isTouched.current = false;
    fit();
  };
  const press = (event: KeyboardEvent) => {
    if (laid === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const card = focused === undefined ? -1 : (laid.scene.index.get(focused) ?? -1);
    const arrow = ARROWS[event.key];
    if (arrow !== undefined) {
      const next = card < 0 ? 0 : stepFrom(card, arrow, laid.layout, laid.scene.links);
      if (next < 0) return;
      setFocused(laid.scene.cards[next]?.id);
      reach(next);
    } else if (event.key === "+" || event.key === "=") zoom(ZOOM.step);
    else if (event.key === "-") zoom(1 / ZOOM.step);
    else if (event.key === "0") refit();
    else if (event.key === "Escape" && selection.size > 0) props.onSelect(new Set());
    else if (event.key === "Enter" && card >= 0) openCard(laid.scene, card, props);
    else if (event.key === " " && card >= 0) toggleCard(laid.scene, card, props);
    else return;
    event.preventDefault();
  };

  return (
    <div ref={frame} className={styles.graph} data-hovering={hovered >= 0 || undefined} data-ready={picture !== undefined || undefined}>
      <canvas ref={still} className={styles.canvas} aria-hidden="true" />
      <canvas ref={live} className={styles.canvas} aria-hidden="true" />
      {stage !== undefined && picture !== undefined && (
        <>
          <GraphTree
            stage={stage}
            picture={picture}
            selected={selected}
            focused={focused}
            onFocus={setFocused}
            onKeyDown={press}
            onFold={props.onFold}
          />
          <Tooltip stage={stage} picture={picture} card={selected.has(hovered) ? -1 : hovered} />
          <Minimap stage={stage} picture={picture} onTouch={() => (isTouched.current = true)} />
          <Controls onZoom={zoom} onFit={refit} />
        </>
      )}
    </div>
  );
}
