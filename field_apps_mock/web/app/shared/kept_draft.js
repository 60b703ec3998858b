// A text being written that outlives a reload and an expired session in this tab; sending it empties it.
import { reactive, watch } from "../vendor.js";

/** Return {body, attempt}, kept under a name. */
export function useKeptDraft(name) {
  const stored = `fieldreach.draft.${name}`;
  const draft = reactive({ body: "", attempt: null, ...JSON.parse(sessionStorage.getItem(stored) ?? "{}") });
  const keep = () => {
    if (draft.body) sessionStorage.setItem(stored, JSON.stringify(draft));
    else sessionStorage.removeItem(stored);
  };
  watch(draft, keep, { deep: true });
  return draft;
}
