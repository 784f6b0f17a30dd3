import { useQuery } from "../../router/Router";
import { Trouble } from "../../parts/Trouble";
import { Launcher } from "./Launcher";
import { useAgain } from "./useLaunchPage";

/** A run with config: of what, with what. */
export default function LaunchPage() {
  const [query] = useQuery();
  const number = query.get("run");
  const again = useAgain(number);
  if (again.error !== null) return <Trouble error={again.error} onRetry={() => void again.refetch()} />;
  if (number !== null && again.data === undefined) return null;
  // Another run to be launched again is another form.
  return <Launcher key={number ?? ""} again={again.data} />;
}
