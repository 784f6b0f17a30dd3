/** What each tab of the page of an asset is given. */
import type { AssetDetail } from "../../api/schema";
import type { Spot } from "./spot";

export interface TabProps {
  readonly asset: AssetDetail;
  readonly spot: Spot;
  readonly isPartitioned: boolean;
}
