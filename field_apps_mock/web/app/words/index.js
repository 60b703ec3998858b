// Chinese first, English by switch; one dictionary a language, the same keys in both.
import { ref } from "../vendor.js";
import { en } from "./en.js";
import { operationsEn } from "./operations.en.js";
import { operationsZh } from "./operations.zh.js";
import { plannerEn } from "./planner.en.js";
import { plannerZh } from "./planner.zh.js";
import { zh } from "./zh.js";

const STORED = "fieldreach.language";
const dictionaries = { zh: { ...zh, ...plannerZh, ...operationsZh }, en: { ...en, ...plannerEn, ...operationsEn } };

export const language = ref(localStorage.getItem(STORED) === "en" ? "en" : "zh");

export function chooseLanguage(chosen) {
  language.value = chosen;
  localStorage.setItem(STORED, chosen);
  document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
}

document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";

/** Return the words of a key with {named} values put in; an unknown key comes back as it is. */
export function t(key, values = {}) {
  const words = dictionaries[language.value][key] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Return a thing's name in the language chosen ({name_zh, name_en}). */
export const nameOf = (thing) => (thing ? (language.value === "zh" ? thing.name_zh : thing.name_en) : "");
