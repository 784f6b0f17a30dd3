import { go } from "../../router/Router";
import { addressOf } from "../../router/routes";
import { type VersionPlace, versionQuery } from "./spot";

/** Go to a version of an asset. */
export function openVersion(asset: string, place: VersionPlace): void {
  go(addressOf("asset", { key: asset }, versionQuery(place)));
}
