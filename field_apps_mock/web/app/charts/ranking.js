// Bars of a ranking with their margins, against a base that is a line or a mark per row.
import { t } from "../words/index.js";
import { whiskerSeries } from "./whiskers.js";

const ROW_PX = 34;
const AXIS_PX = 34;
const NAME_PX = 104;
const LINE_PX = 14;
const LETTERS_A_LINE = 15; // of the width above; a Chinese character takes two

const lettersOf = (name) => Array.from(name).reduce((sum, letter) => sum + (letter > "\u2e80" ? 2 : 1), 0);

/** Return the height that a chart of these rows needs: every name has its lines. */
export function rankingHeight(rows) {
  const lines = Math.max(...rows.map(({ name }) => Math.ceil(lettersOf(name) / LETTERS_A_LINE)));
  return rows.length * Math.max(ROW_PX, lines * LINE_PX + 8) + AXIS_PX;
}

function axes(rows, { ink, faint, line, unit }) {
  return {
    grid: { left: 4, right: 14, top: 6, bottom: 4, containLabel: true },
    xAxis: {
      type: "value",
      min: 0,
      splitNumber: 4,
      axisLabel: { color: faint, fontSize: 11, formatter: `{value}${unit}` },
      splitLine: { lineStyle: { color: line } },
    },
    yAxis: {
      type: "category",
      inverse: true,
      data: rows.map(({ name }) => name),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: line } },
      axisLabel: { color: ink, fontSize: 12, interval: 0, lineHeight: LINE_PX, width: NAME_PX, overflow: "break" },
    },
  };
}

const baseLine = (base, faint) => ({
  silent: true,
  symbol: "none",
  label: { show: false },
  lineStyle: { color: faint, type: "dashed", width: 1.4 },
  data: [{ xAxis: base }],
});

// A row that is too small to be shown says so where its bar would start.
function fewLabels(rows, { faint }) {
  return {
    type: "scatter",
    silent: true,
    symbolSize: 0,
    label: { show: true, position: "right", color: faint, fontSize: 12, formatter: t("map.few") },
    data: rows.flatMap(({ value }, place) => (value === null ? [[0, place]] : [])),
  };
}

/**
 * Return ECharts' option. `rows` are [{name, value, moe95, base}], value null where it is too small to be shown;
 * `base` draws one line through all rows, `row.base` a mark in a row.
 */
export function ranking(rows, { base = null, unit = "", colours }) {
  const known = rows.map((row, place) => ({ ...row, place })).filter(({ value }) => value !== null);
  return {
    animation: false,
    textStyle: { fontFamily: colours.font },
    ...axes(rows, { ...colours, unit }),
    series: [
      {
        type: "bar",
        barWidth: 14,
        itemStyle: { color: colours.accent, borderRadius: 3 },
        data: rows.map(({ value }) => value),
        silent: true,
        markLine: base === null ? undefined : baseLine(base, colours.faint),
      },
      whiskerSeries(known.map(({ place, value, moe95 }) => [place, Math.max(0, value - moe95), value + moe95]), {
        colour: colours.ink,
        isFlat: true,
      }),
      fewLabels(rows, colours),
      {
        type: "scatter",
        symbol: "diamond",
        symbolSize: 10,
        silent: true,
        z: 6,
        itemStyle: { color: colours.paper, borderColor: colours.ink, borderWidth: 1.5, opacity: 1 },
        data: known.filter((row) => typeof row.base === "number").map((row) => [row.base, row.place]),
      },
    ],
  };
}
