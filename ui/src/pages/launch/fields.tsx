import { createContext, type ReactNode, use, useId, useState } from "react";
import { Button } from "../../parts/Button";
import type { Problems } from "./draft";
import styles from "./fields.module.css";
import { blank, chosen, isObject, isSame, type Json, type JsonObject, type Shape, variantOf } from "./shape";

/** What is wrong, by path; every field shows what is wrong with itself. */
export const ProblemsAt = createContext<Problems>(new Map());

interface FieldProps {
  readonly name: string;
  readonly shape: Shape;
  readonly path: string;
  /** What was given; undefined where nothing was. */
  readonly value: Json | undefined;
  /** What it is where nothing is given; undefined where that is not known. */
  readonly fallback: Json | undefined;
  readonly isRequired: boolean;
  readonly onChange: (value: Json | undefined) => void;
}

/** A named value with what it means, its control, what is wrong with it, and the way back to its default. */
export function Field({ name, shape, path, value, fallback, isRequired, onChange }: FieldProps) {
  const id = useId();
  const problem = use(ProblemsAt).get(path);
  const isChanged = value !== undefined && !isSame(value, fallback);
  const isNested = shape.kind === "object" || shape.kind === "union";
  return (
    <div className={styles.field} data-changed={isChanged || undefined} data-wrong={problem !== undefined || undefined}>
      <div className={styles.name}>
        <label htmlFor={id}>{name}</label>
        {isRequired && value === undefined ? <span className={styles.required}>required</span> : null}
      </div>
      <div className={styles.control}>
        <Control id={id} label={name} shape={shape} path={path} value={value} fallback={fallback} problem={problem} onChange={onChange} />
        {problem === undefined ? null : (
          <p className={styles.problem} id={`${id}-problem`}>
            {problem}
          </p>
        )}
        {shape.description === undefined && hintOf(shape) === "" ? null : (
          <p className={styles.description}>
            {[shape.description, hintOf(shape)].filter((part) => part !== undefined && part !== "").join(" · ")}
          </p>
        )}
      </div>
      <div className={styles.default}>
        {isChanged ? (
          <Button look="quiet" onClick={() => onChange(undefined)} aria-label={`Back to the default of ${name}`}>
            {fallback === undefined || isNested ? "Default" : `Default ${short(fallback, shape)}`}
          </Button>
        ) : isRequired ? null : (
          <span className={styles.dim}>default</span>
        )}
      </div>
    </div>
  );
}

function hintOf(shape: Shape): string {
  return shape.kind === "text" || shape.kind === "number" || shape.kind === "list" ? shape.hint : "";
}

function short(value: Json, shape: Shape): string {
  if (shape.kind === "text" && shape.isSecret) return "••••";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 24 ? `${text.slice(0, 24)}…` : text === "" ? '""' : text;
}

interface ControlProps {
  readonly id: string;
  readonly label: string;
  readonly shape: Shape;
  readonly path: string;
  readonly value: Json | undefined;
  readonly fallback: Json | undefined;
  readonly problem: string | undefined;
  readonly onChange: (value: Json | undefined) => void;
}

function Control(props: ControlProps): ReactNode {
  const { shape, value, fallback, onChange, id } = props;
  const now = value === undefined ? fallback : value;
  if (isObject(now) && typeof now["env"] === "string" && Object.keys(now).length === 1 && shape.kind !== "object" && shape.kind !== "dict") {
    return (
      <span className={styles.variable}>
        from the variable <code>{now["env"]}</code>
        <Button look="quiet" onClick={() => onChange(blank({ ...shape, isOptional: false }))}>
          Type a value
        </Button>
      </span>
    );
  }
  if (shape.isOptional && shape.kind !== "text" && shape.kind !== "number" && shape.kind !== "choice") {
    const isNothing = now === null || now === undefined;
    return (
      <div className={styles.stack}>
        <label className={styles.check}>
          <input type="checkbox" checked={!isNothing} onChange={(event) => onChange(event.target.checked ? blank({ ...shape, isOptional: false }) : null)} />
          given
        </label>
        {isNothing ? null : <Control {...props} shape={{ ...shape, isOptional: false }} />}
      </div>
    );
  }
  switch (shape.kind) {
    case "text":
      return <TextControl {...props} isSecret={shape.isSecret} isOptional={shape.isOptional} />;
    case "number":
      return <NumberControl {...props} isOptional={shape.isOptional} />;
    case "boolean":
      return (
        <label className={styles.check}>
          <input id={id} type="checkbox" checked={now === true} onChange={(event) => onChange(event.target.checked)} />
          {now === undefined ? "default" : now === true ? "yes" : "no"}
        </label>
      );
    case "choice":
      return <ChoiceControl {...props} options={shape.isOptional ? [null, ...shape.options] : shape.options} />;
    case "constant":
      return <code id={id}>{JSON.stringify(shape.value)}</code>;
    case "list":
      return <ListControl {...props} item={shape.item} />;
    case "dict":
      return <DictControl {...props} inner={shape.value} />;
    case "object":
      return <ObjectControl {...props} shape={shape} />;
    case "union":
      return <UnionControl {...props} shape={shape} />;
    case "anything":
      return <JsonControl {...props} />;
  }
}

function describedBy({ id, problem }: ControlProps) {
  return { "aria-invalid": problem !== undefined, "aria-describedby": problem === undefined ? undefined : `${id}-problem` };
}

function TextControl(props: ControlProps & { isSecret: boolean; isOptional: boolean }) {
  const { id, value, fallback, isSecret, isOptional, onChange } = props;
  const now = value === undefined ? fallback : value;
  const text = typeof now === "string" ? now : now === null || now === undefined ? "" : JSON.stringify(now);
  if (!isSecret && text.includes("\n")) {
    return <textarea id={id} className={styles.area} rows={4} value={text} onChange={(event) => onChange(event.target.value)} {...describedBy(props)} />;
  }
  return (
    <input
      id={id}
      className={styles.input}
      type={isSecret ? "password" : "text"}
      autoComplete={isSecret ? "new-password" : "off"}
      spellCheck={false}
      placeholder={now === null ? "nothing" : isSecret ? "hidden" : fallback === undefined ? "default" : ""}
      value={text}
      onChange={(event) => onChange(event.target.value === "" && isOptional ? null : event.target.value)}
      {...describedBy(props)}
    />
  );
}

function NumberControl(props: ControlProps & { isOptional: boolean }) {
  const { id, value, fallback, isOptional, onChange } = props;
  const now = value === undefined ? fallback : value;
  const [draft, setDraft] = useState<string>();
  const text = now === null || now === undefined ? "" : typeof now === "string" ? now : JSON.stringify(now);
  // `1.` and `1e` are on the way to a number: what is typed stays as long as it means the value.
  const shown = draft !== undefined && isSame(numberIn(draft, isOptional), now) ? draft : text;
  return (
    <input
      id={id}
      className={styles.number}
      type="text"
      inputMode="decimal"
      autoComplete="off"
      placeholder={now === null ? "nothing" : "default"}
      value={shown}
      onChange={(event) => {
        setDraft(event.target.value);
        onChange(numberIn(event.target.value, isOptional));
      }}
      {...describedBy(props)}
    />
  );
}

/** The number that a text is; the text itself where it is none, so that the server says what is wrong with it. */
function numberIn(text: string, isOptional: boolean): Json | undefined {
  const trimmed = text.trim().replace(/_/g, "");
  if (trimmed === "") return isOptional ? null : undefined;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : text;
}

function ChoiceControl(props: ControlProps & { options: readonly Json[] }) {
  const { id, value, fallback, options, onChange } = props;
  const now = value === undefined ? fallback : value;
  const index = options.findIndex((option) => isSame(option, now));
  return (
    <select
      id={id}
      className={styles.input}
      value={index}
      onChange={(event) => onChange(event.target.value === "-1" ? undefined : options[Number(event.target.value)])}
      {...describedBy(props)}
    >
      {index < 0 ? <option value={-1}>{now === undefined ? "default" : JSON.stringify(now)}</option> : null}
      {options.map((option, at) => (
        <option key={JSON.stringify(option)} value={at}>
          {option === null ? "nothing" : typeof option === "string" ? option : JSON.stringify(option)}
        </option>
      ))}
    </select>
  );
}

function ListControl(props: ControlProps & { item: Shape }) {
  const { id, label, path, value, fallback, item, onChange } = props;
  const now = value === undefined ? fallback : value;
  const items: readonly Json[] = Array.isArray(now) ? (now as readonly Json[]) : [];
  return (
    <div className={styles.stack} id={id} role="group" aria-label={label}>
      {items.map((each, at) => (
        <Entry
          key={at}
          label={`${label} ${at + 1}`}
          shape={item}
          path={`${path}[${at}]`}
          value={each}
          onChange={(next) => onChange(items.map((old, place) => (place === at ? (next ?? blank(item)) : old)))}
          onRemove={() => onChange(items.filter((_, place) => place !== at))}
        />
      ))}
      <div>
        <Button look="quiet" onClick={() => onChange([...items, blank(item)])}>
          + Add
        </Button>
      </div>
    </div>
  );
}

interface EntryProps {
  readonly label: string;
  readonly shape: Shape;
  readonly path: string;
  readonly value: Json;
  readonly onChange: (value: Json | undefined) => void;
  readonly onRemove: () => void;
  readonly before?: ReactNode;
}

/** An item of a list or of a dict. */
function Entry({ label, shape, path, value, onChange, onRemove, before }: EntryProps) {
  const id = useId();
  const problem = use(ProblemsAt).get(path);
  return (
    <div className={styles.entry}>
      {before}
      <div className={styles.grow}>
        <label className="unseen" htmlFor={id}>
          {label}
        </label>
        <Control id={id} label={label} shape={shape} path={path} value={value} fallback={undefined} problem={problem} onChange={onChange} />
        {problem === undefined ? null : <p className={styles.problem}>{problem}</p>}
      </div>
      <Button look="quiet" aria-label={`Remove ${label}`} onClick={onRemove}>
        ×
      </Button>
    </div>
  );
}

function DictControl(props: ControlProps & { inner: Shape }) {
  const { id, label, path, value, fallback, inner, onChange } = props;
  const now = value === undefined ? fallback : value;
  const entries = Object.entries(isObject(now) ? now : {});
  const change = (next: readonly (readonly [string, Json])[]) => onChange(Object.fromEntries(next));
  return (
    <div className={styles.stack} id={id} role="group" aria-label={label}>
      {entries.map(([key, each], at) => (
        <Entry
          key={at}
          label={key === "" ? `${label} ${at + 1}` : key}
          shape={inner}
          path={`${path}:${key}`}
          value={each}
          before={
            <input
              className={styles.key}
              aria-label={`Name of ${label} ${at + 1}`}
              placeholder="name"
              value={key}
              onChange={(event) => {
                const renamed = event.target.value;
                if (!entries.some(([other], place) => other === renamed && place !== at)) {
                  change(entries.map((old, place) => (place === at ? [renamed, each] : old)));
                }
              }}
            />
          }
          onChange={(next) => change(entries.map((old, place) => (place === at ? [key, next ?? blank(inner)] : old)))}
          onRemove={() => change(entries.filter((_, place) => place !== at))}
        />
      ))}
      <div>
        <Button look="quiet" disabled={entries.some(([key]) => key === "")} onClick={() => change([...entries, ["", blank(inner)]])}>
          + Add
        </Button>
      </div>
    </div>
  );
}

function ObjectControl({ id, label, shape, path, value, fallback, onChange }: ControlProps & { shape: Extract<Shape, { kind: "object" }> }) {
  const given = isObject(value) ? value : undefined;
  const defaults = isObject(fallback) ? fallback : {};
  return (
    <div className={styles.nested} id={id} role="group" aria-label={label}>
      {shape.fields.map((field) =>
        field.shape.kind === "constant" ? null : (
          <Field
            key={field.name}
            name={field.name}
            shape={field.shape}
            path={`${path}:${field.name}`}
            value={given?.[field.name]}
            fallback={field.name in defaults ? defaults[field.name] : field.fallback}
            isRequired={field.isRequired}
            onChange={(next) => onChange(changed(given ?? constantsOf(defaults, shape), field.name, next))}
          />
        ),
      )}
    </div>
  );
}

/** What an object must begin with once one of its fields is given. */
function constantsOf(defaults: JsonObject, shape: Extract<Shape, { kind: "object" }>): JsonObject {
  const known = shape.fields.flatMap((field): [string, Json][] => {
    const value = field.shape.kind === "constant" ? field.shape.value : defaults[field.name];
    return value === undefined ? [] : [[field.name, value]];
  });
  return Object.fromEntries(known);
}

function changed(object: JsonObject, name: string, value: Json | undefined): JsonObject {
  if (value !== undefined) return { ...object, [name]: value };
  const { [name]: _, ...rest } = object;
  return rest;
}

function UnionControl(props: ControlProps & { shape: Extract<Shape, { kind: "union" }> }) {
  const { id, label, shape, value, fallback, onChange } = props;
  const now = value === undefined ? fallback : value;
  const current = variantOf(shape, now);
  const byDefault = variantOf(shape, fallback);
  const { discriminator } = shape;
  return (
    <div className={styles.stack}>
      <select
        id={id}
        className={styles.input}
        aria-label={`Kind of ${label}`}
        value={current?.name ?? ""}
        onChange={(event) => {
          const variant = shape.variants.find(({ name }) => name === event.target.value);
          if (variant !== undefined) onChange(variant === byDefault ? undefined : chosen(variant, discriminator));
        }}
      >
        {current === undefined ? <option value="">default</option> : null}
        {shape.variants.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      {current === undefined ? null : (
        <Control {...props} id={`${id}-value`} shape={withoutTag(current.shape, discriminator)} fallback={current === byDefault ? fallback : tagOf(current.name, discriminator)} />
      )}
    </div>
  );
}

/** The field that the list of variants stands for is not shown twice. */
function withoutTag(shape: Shape, discriminator: string | undefined): Shape {
  if (shape.kind !== "object" || discriminator === undefined) return shape;
  return { ...shape, fields: shape.fields.map((field) => (field.name === discriminator ? { ...field, shape: asConstant(field.shape) } : field)) };
}

function asConstant(shape: Shape): Shape {
  return shape.kind === "choice" ? { kind: "constant", value: shape.options[0] ?? null, description: undefined, isOptional: false } : shape;
}

function tagOf(name: string, discriminator: string | undefined): Json | undefined {
  return discriminator === undefined ? undefined : { [discriminator]: name };
}

function JsonControl(props: ControlProps) {
  const { id, value, fallback, onChange } = props;
  const now = value === undefined ? fallback : value;
  const [draft, setDraft] = useState<string>();
  const [error, setError] = useState<string>();
  return (
    <>
      <textarea
        id={id}
        className={styles.area}
        rows={2}
        spellCheck={false}
        placeholder="JSON"
        value={draft ?? (now === undefined ? "" : JSON.stringify(now))}
        onBlur={() => {
          if (error === undefined) setDraft(undefined);
        }}
        onChange={(event) => {
          setDraft(event.target.value);
          try {
            onChange(event.target.value.trim() === "" ? undefined : (JSON.parse(event.target.value) as Json));
            setError(undefined);
          } catch (wrong) {
            setError(wrong instanceof Error ? wrong.message : String(wrong));
          }
        }}
        {...describedBy(props)}
      />
      {error === undefined ? null : <p className={styles.problem}>{error}</p>}
    </>
  );
}

interface UnitFieldsProps {
  readonly shape: Shape;
  readonly path: string;
  readonly given: Json | undefined;
  readonly defaults: JsonObject;
  readonly onChange: (value: Json | undefined) => void;
}

/** The fields of a unit; of one whose config is a single value, that. */
export function UnitFields({ shape, path, given, defaults, onChange }: UnitFieldsProps) {
  if (shape.kind !== "object") {
    return <Field name="config" shape={shape} path={path} value={given} fallback={undefined} isRequired={false} onChange={onChange} />;
  }
  const values = isObject(given) ? given : {};
  return (
    <>
      {shape.fields.map((field) => (
        <Field
          key={field.name}
          name={field.name}
          shape={field.shape}
          path={`${path}:${field.name}`}
          value={values[field.name]}
          fallback={defaults[field.name]}
          isRequired={field.isRequired}
          onChange={(next) => {
            const isDefault = next !== undefined && isSame(next, defaults[field.name]);
            const all = changed(values, field.name, isDefault ? undefined : next);
            onChange(Object.keys(all).length === 0 ? undefined : all);
          }}
        />
      ))}
    </>
  );
}
