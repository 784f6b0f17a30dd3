import { type ComponentType, use } from "react";

/** A page that is a chunk of its own: what draws it, and what loads it before it is drawn. */
export interface Chunk<Props> {
  readonly Page: ComponentType<Props>;
  readonly load: () => Promise<unknown>;
}

/** As `lazy` of React's, but what is loaded is drawn at once. `lazy` always draws something else first, and React lets
 * that stand for 300 ms, so that pages do not flicker. */
export function chunk<Props extends object>(load: () => Promise<{ default: ComponentType<Props> }>): Chunk<Props> {
  let loading: Promise<ComponentType<Props>> | undefined;
  let loaded: ComponentType<Props> | undefined;
  const start = () => {
    loading ??= load().then((module) => {
      loaded = module.default;
      return loaded;
    });
    return loading;
  };
  function Page(props: Props) {
    const Shown = loaded ?? use(start());
    return <Shown {...props} />;
  }
  return { Page, load: start };
}
