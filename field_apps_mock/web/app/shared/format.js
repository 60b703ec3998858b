// Numbers, distances and times as people read them. Times are those of the field: Asia/Shanghai.
import { language, t } from "../words/index.js";

const ZONE = "Asia/Shanghai";
const locale = () => (language.value === "zh" ? "zh-CN" : "en-GB");

export const number = (value, digits = 0) => value.toLocaleString("en-US", { maximumFractionDigits: digits });

/** Say a value with its margin, "12.3% ±1.1", or that there is none. */
export const measure = (found, unit = "") =>
  found && found.value !== null ? `${number(found.value, 1)}${unit} ±${number(found.moe95, 1)}` : t("figure.none");

export const distance = (metres) =>
  metres < 1000 ? `${Math.round(metres / 10) * 10} m` : `${(metres / 1000).toFixed(1)} km`;

/** Say a released figure: "123", or "few" where it is suppressed. */
export const figure = (released) => (released.few || released.value === null ? t("map.few") : number(released.value));

export const margin = (released) => t("figure.margin", { margin: number(released.moe95) });

const dayOf = (instant) => new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE }).format(instant);

/** Say an instant: only the hour today, with the day otherwise. */
export function time(text, { withSeconds = false } = {}) {
  const instant = new Date(text);
  const clock = { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: ZONE };
  if (withSeconds) clock.second = "2-digit";
  const today = dayOf(instant) === dayOf(new Date());
  const shown = today ? clock : { month: "numeric", day: "numeric", ...clock };
  return new Intl.DateTimeFormat(locale(), shown).format(instant);
}

export function date(text) {
  const shown = { year: "numeric", month: "numeric", day: "numeric", timeZone: ZONE };
  return new Intl.DateTimeFormat(locale(), shown).format(new Date(text));
}
