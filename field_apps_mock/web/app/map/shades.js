// The heat ramp: five steps of the accent colour over the figures that are on the screen.
import { number } from "../shared/format.js";

export const RAMP = ["#d6ece6", "#9ed3c7", "#5cb3a5", "#238578", "#0c5350"];
export const FEW_SHADE = "#eeebe4";

function readable(value) {
  const step = value >= 400 ? 50 : value >= 80 ? 10 : value >= 20 ? 5 : 1;
  return Math.round(value / step) * step;
}

/** Return the four or fewer limits between shades: quantiles of the shown figures, rounded to readable numbers. */
export function limitsOf(values) {
  const sorted = values.filter((value) => value !== null && value !== undefined).sort((one, other) => one - other);
  if (sorted.length === 0) return [];
  const quantiles = [0.2, 0.4, 0.6, 0.8].map((part) => readable(sorted[Math.floor(part * (sorted.length - 1))]));
  return [...new Set(quantiles)].filter((limit) => limit > 0);
}

/** Return the colour of a figure; suppressed figures have a neutral one. */
export function shadeOf(value, limits) {
  if (value === null || value === undefined) return FEW_SHADE;
  const step = limits.filter((limit) => value >= limit).length;
  return RAMP[Math.round((step * (RAMP.length - 1)) / Math.max(limits.length, 1))];
}

/** Return the legend's rows, palest first: [{shade, words}]. */
export function legendOf(limits) {
  const rows = [0, ...limits].map((from, index) => ({ shade: shadeOf(from, limits), from, to: limits[index] }));
  return rows.map(({ shade, from, to }) => ({
    shade,
    words: to === undefined ? `≥${number(from)}` : from === 0 ? `<${number(to)}` : number(from),
  }));
}
