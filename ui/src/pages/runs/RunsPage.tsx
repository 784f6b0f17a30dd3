import { useQuery } from "../../router/Router";
import { Compare } from "./Compare";
import { RunList } from "./RunList";

/** All runs; or two of them side by side, where the address names them. */
export default function RunsPage() {
  const [query] = useQuery();
  const before = query.get("before");
  const after = query.get("after");
  return before !== null && after !== null ? <Compare before={before} after={after} /> : <RunList />;
}
