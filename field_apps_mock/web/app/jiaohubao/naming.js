// The names of places, products and persona parts, from the catalog.
import { session } from "../session.js";
import { nameOf, t } from "../words/index.js";

const inList = (list, code) => nameOf(list?.find((one) => one.code === code)) || code;

export const categoryOf = (code) => inList(session.catalog.categories, code);
export const vocabularyOf = (list, code) => inList(session.catalog.vocabulary?.[list], code);

function districtOf(adcode) {
  const found = session.catalog.districts.find((one) => one.adcode === adcode);
  return found ? `${found.city_name} ${found.name}` : "";
}

/** Say a persona in one line: place, product, its age, how active. */
export const personaOf = ({ district_adcode, category, age_band, activity }) =>
  [districtOf(district_adcode), categoryOf(category), vocabularyOf("age_bands", age_band), vocabularyOf("activities", activity)].join(" · ");

const asOptions = (list) => (list ?? []).map((one) => ({ code: one.code, words: nameOf(one) }));
const all = () => ({ code: "", words: t("filter.all") });

export const categoryOptions = () => [all(), ...asOptions(session.catalog.categories)];
export const vocabularyOptions = (list) => [all(), ...asOptions(session.catalog.vocabulary?.[list])];

/** Cities first, each as the whole of its districts, then the districts. Codes are strings. */
export function areaOptions() {
  const cities = new Map(session.catalog.districts.map(({ city_code, city_name }) => [city_code, city_name]));
  return [
    ...[...cities].map(([code, name]) => ({ code: String(code), words: t("filter.city", { name }) })),
    ...session.catalog.districts.map(({ adcode, name, city_name }) => ({ code: String(adcode), words: `${city_name} ${name}` })),
  ];
}
