import { use, useDeferredValue, useMemo, Suspense } from "react";
import styles from "./Values.module.css";

let loading: Promise<typeof import("./sanitised")> | undefined;

function loaded(): Promise<typeof import("./sanitised")> {
  loading ??= import("./sanitised");
  return loading;
}

/** Markdown as the user wrote it, made harmless. Plain until what renders it is loaded. */
export function Markdown({ text }: { text: string }) {
  return (
    <Suspense fallback={<p className={styles.plain}>{text.slice(0, 2_000)}</p>}>
      <Rendered text={useDeferredValue(text)} />
    </Suspense>
  );
}

function Rendered({ text }: { text: string }) {
  const { sanitised } = use(loaded());
  const html = useMemo(() => sanitised(text), [sanitised, text]);
  return <div className={styles.markdown} dangerouslySetInnerHTML={{ __html: html }} />;
}
