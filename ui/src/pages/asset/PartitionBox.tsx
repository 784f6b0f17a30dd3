import { useEffect, useState } from "react";
import { go } from "../../router/Router";
import { addressOf } from "../../router/routes";
import styles from "./Asset.module.css";
import { queryOf, type Spot } from "./spot";

interface PartitionBoxProps {
  readonly asset: string;
  readonly current: string | undefined;
  /** Where the choice leads to. */
  readonly query: Partial<Spot>;
}

/** Whose versions are shown: all partitions, or the one that is named. */
export function PartitionBox({ asset, current, query }: PartitionBoxProps) {
  const [text, setText] = useState(current ?? "");
  useEffect(() => setText(current ?? ""), [current]);
  const show = (partition: string) => go(addressOf("asset", { key: asset }, queryOf({ ...query, partition: partition.trim() || undefined })));
  return (
    <form
      className={styles.partitionBox}
      onSubmit={(event) => {
        event.preventDefault();
        show(text);
      }}
    >
      <input
        type="search"
        className={styles.input}
        aria-label="Partition"
        placeholder="Partition: all"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          if (event.target.value === "") show("");
        }}
        onBlur={() => {
          if (text !== (current ?? "")) show(text);
        }}
      />
    </form>
  );
}
