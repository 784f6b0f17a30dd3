import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import type { GraphNode } from "../api/schema";
import { type Completion, completions } from "./completion";
import styles from "./SelectionBox.module.css";

interface SelectionBoxProps {
  readonly value: string;
  readonly nodes: readonly GraphNode[];
  /** With each change of the text. */
  readonly onChange: (value: string) => void;
  /** How many assets it means; undefined where that is not known. */
  readonly count: number | undefined;
  /** Why it means nothing. */
  readonly error: string | undefined;
}

/** A line for an expression of the selection syntax, with what can be typed next. `/` brings the reader here. */
export function SelectionBox({ value, nodes, onChange, count, error }: SelectionBoxProps) {
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const [caret, setCaret] = useState(value.length);
  const offered = isOpen ? completions(value, Math.min(caret, value.length), nodes) : [];

  useEffect(() => {
    const focus = (event: globalThis.KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && event.target.closest("input, textarea, select") !== null;
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    document.addEventListener("keydown", focus);
    return () => document.removeEventListener("keydown", focus);
  }, []);

  const take = (completion: Completion) => {
    onChange(completion.text);
    setCaret(completion.caret);
    setActive(0);
    setOpen(completion.kind !== "asset" && completion.kind !== "value"); // the others want more
    requestAnimationFrame(() => input.current?.setSelectionRange(completion.caret, completion.caret));
  };
  const press = (event: KeyboardEvent) => {
    const chosen = offered[active];
    if (event.key === "ArrowDown" && offered.length > 0) setActive((active + 1) % offered.length);
    else if (event.key === "ArrowUp" && offered.length > 0) setActive((active - 1 + offered.length) % offered.length);
    else if ((event.key === "Tab" || event.key === "Enter") && chosen !== undefined && !event.shiftKey) take(chosen);
    else if (event.key === "Escape" && isOpen) setOpen(false);
    else if (event.key === "Escape") onChange("");
    else return;
    event.preventDefault();
  };

  return (
    <div className={styles.box} data-wrong={error !== undefined || undefined}>
      <svg className={styles.icon} width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
        <path d="M7 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8M10 10l3.5 3.5" />
      </svg>
      <input
        ref={input}
        className={styles.input}
        type="text"
        role="combobox"
        spellCheck={false}
        autoComplete="off"
        aria-label="Select assets"
        aria-expanded={offered.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={offered.length > 0 ? `${id}-${active}` : undefined}
        aria-invalid={error !== undefined}
        placeholder="Select: stories, +model, group:data and not kind:table …"
        value={value}
        onChange={(event) => {
          onChange(event.target.value);
          setCaret(event.target.selectionStart ?? event.target.value.length);
          setOpen(true);
          setActive(0);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? value.length)}
        onKeyDown={press}
      />
      <span className={styles.count} role="status">
        {error !== undefined ? "" : count === undefined || value === "" ? "" : `${count}`}
      </span>
      {value === "" ? (
        <kbd className={styles.key}>/</kbd>
      ) : (
        <button type="button" className={styles.clear} aria-label="Clear the selection" onClick={() => onChange("")}>
          ×
        </button>
      )}
      <ul className={styles.list} id={`${id}-list`} role="listbox" aria-label="Completions" hidden={offered.length === 0}>
        {offered.map((completion, index) => (
          <li
            key={completion.label}
            id={`${id}-${index}`}
            role="option"
            className={styles.option}
            aria-selected={index === active}
            onPointerDown={(event) => {
              event.preventDefault();
              take(completion);
            }}
          >
            <span>{completion.label}</span>
            <span className={styles.kind}>{completion.kind}</span>
          </li>
        ))}
      </ul>
      {error !== undefined && offered.length === 0 ? (
        <p className={styles.error} role="alert">
          {error}
        </p>
      ) : null}
    </div>
  );
}
