// A list that comes in pages: the newest page is asked again every few seconds, older pages are kept as they are.
import { reactive } from "../vendor.js";
import { usePolling } from "./polling.js";

const PAUSE_MS = 4000;

function merge(first, then, name) {
  const known = new Set(first.map((item) => item[name]));
  return [...first, ...then.filter((item) => !known.has(item[name]))];
}

/** Return {list: {items, next, isLoaded, problem}, refresh, more, replace, remove}. `find(cursor)` gives a page, `name` an item's id. */
export function usePages(find, name) {
  const list = reactive({ items: [], next: null, isLoaded: false, problem: null });
  const refresh = async () => {
    try {
      const page = await find();
      if (!list.isLoaded || !page.next_cursor) list.next = page.next_cursor;
      // A first page without a next one is the whole list: what is not on it is gone.
      const older = page.next_cursor ? list.items : [];
      Object.assign(list, { items: merge(page.items, older, name), isLoaded: true, problem: null });
    } catch (problem) {
      list.problem = problem;
    }
  };
  const more = async () => {
    try {
      const page = await find(list.next);
      Object.assign(list, { items: merge(list.items, page.items, name), next: page.next_cursor, problem: null });
    } catch (problem) {
      list.problem = problem;
    }
  };
  const replace = (item) => {
    list.items = list.items.map((one) => (one[name] === item[name] ? { ...one, ...item } : one));
  };
  const remove = (id) => {
    list.items = list.items.filter((one) => one[name] !== id);
  };
  usePolling(refresh, PAUSE_MS);
  return { list, refresh, more, replace, remove };
}
