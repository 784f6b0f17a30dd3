import { useMemo } from "react";
import type { Failure } from "../../api/schema";
import { Button } from "../../parts/Button";
import { copy } from "./copy";
import styles from "./ErrorView.module.css";
import { type Frame, raisedIn, shortFile, type Stretch } from "./traceback";

/** Why something failed: what was said, the user's own lines, and the rest for who wants it. */
export function ErrorView({ failure }: { failure: Failure }) {
  const raised = useMemo(() => raisedIn(failure.traceback), [failure.traceback]);
  const chain = raised.length > 1 ? raised.slice(0, -1) : [];
  const last = raised.at(-1);
  const [first, ...rest] = failure.message.split("\n");
  return (
    <section className={styles.error} aria-label="Error">
      <div className={styles.top}>
        <div className={styles.said}>
          <h2>{first}</h2>
          {rest.length === 0 ? null : <pre>{rest.join("\n")}</pre>}
        </div>
        <Button onClick={() => copy(failure.traceback, "The traceback")}>Copy</Button>
      </div>
      {last?.stretches.map((stretch, at) => <Frames key={at} stretch={stretch} isEnd={at === last.stretches.length - 1} />)}
      {[...chain].reverse().map((cause, at) => (
        <div key={at} className={styles.cause}>
          <h3>Because of {cause.message}</h3>
          {cause.stretches.map((stretch, place) => (
            <Frames key={place} stretch={stretch} isEnd={false} />
          ))}
        </div>
      ))}
      <details className={styles.whole}>
        <summary>As Python prints it</summary>
        <pre>{failure.traceback}</pre>
      </details>
    </section>
  );
}

function Frames({ stretch, isEnd }: { stretch: Stretch; isEnd: boolean }) {
  const frames = stretch.frames.map((frame, at) => (
    <FrameView key={at} frame={frame} isEnd={isEnd && stretch.isUsers && at === stretch.frames.length - 1} />
  ));
  if (stretch.isUsers) return <>{frames}</>;
  const count = stretch.frames.length;
  return (
    <details className={styles.library}>
      <summary>
        {count} {count === 1 ? "line" : "lines"} of {stretch.of}
      </summary>
      {frames}
    </details>
  );
}

function FrameView({ frame, isEnd }: { frame: Frame; isEnd: boolean }) {
  return (
    <div className={styles.frame} data-end={isEnd || undefined}>
      <div className={styles.place}>
        <code title={frame.file}>
          {shortFile(frame.file)}:{frame.line}
        </code>
        {frame.name === "" ? null : <span>in {frame.name}</span>}
      </div>
      {frame.code === "" ? null : <pre>{frame.code}</pre>}
    </div>
  );
}
