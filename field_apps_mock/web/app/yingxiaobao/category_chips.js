// The eight product categories, over the map and in the message.
import { html } from "../vendor.js";
import { session } from "../session.js";
import { Chips } from "../shared/chips.js";
import { nameOf, t } from "../words/index.js";
import { draft } from "./draft.js";

export const categoryName = () => nameOf(session.catalog.categories.find(({ code }) => code === draft.category));

export const CategoryChips = () => html`
  <${Chips} options=${session.catalog.categories.map((one) => ({ code: one.code, words: nameOf(one) }))}
    label=${t("filter.category")} chosen=${draft.category} onChoose=${(code) => { draft.category = code; }} />
`;
