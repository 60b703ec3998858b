// The message being written. It survives a reload and an expired session; sending it empties it.
import { reactive, watch } from "../vendor.js";

const STORED = "fieldreach.draft";
const empty = () => ({ communities: [], category: "air_conditioner", body: "", quota: null, attempt: null });

export const draft = reactive({ ...empty(), ...JSON.parse(sessionStorage.getItem(STORED) ?? "{}") });

watch(draft, () => sessionStorage.setItem(STORED, JSON.stringify(draft)), { deep: true });

/** Forget the text and the choice, keep the category. */
export function startOver() {
  draft.communities.splice(0);
  Object.assign(draft, { body: "", quota: null, attempt: null });
}

/** Return what is asked of the API, without the quota: the check needs none. */
export const audienceOf = () => ({
  community_codes: draft.communities.map(({ community_code }) => community_code),
  category: draft.category,
  body: draft.body,
});
