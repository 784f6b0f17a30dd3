import type { ButtonHTMLAttributes } from "react";
import styles from "./Parts.module.css";

type Look = "plain" | "primary" | "danger" | "quiet";

/** A button; `primary` is the one thing that a page is for. */
export function Button({ look = "plain", ...rest }: ButtonHTMLAttributes<HTMLButtonElement> & { readonly look?: Look }) {
  return <button type="button" {...rest} className={`${styles.button} ${rest.className ?? ""}`} data-look={look} />;
}
