// A series over months with the margin of each point.
import { whiskerSeries } from "./whiskers.js";

export const TREND_PX = 150;

/** Return ECharts' option for [{month, value, moe95}]; a month whose value is null leaves a gap. */
export function trend(points, { unit = "", colours }) {
  const known = points.map((point, place) => ({ ...point, place })).filter(({ value }) => value !== null);
  return {
    animation: false,
    textStyle: { fontFamily: colours.font },
    grid: { left: 4, right: 18, top: 12, bottom: 4, containLabel: true },
    xAxis: {
      type: "category",
      data: points.map(({ month }) => month.slice(2)),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colours.line } },
      axisLabel: { color: colours.faint, fontSize: 11 },
    },
    yAxis: {
      type: "value",
      splitNumber: 3,
      scale: true,
      axisLabel: { color: colours.faint, fontSize: 11, formatter: `{value}${unit}` },
      splitLine: { lineStyle: { color: colours.line } },
    },
    series: [
      {
        type: "line",
        silent: true,
        symbol: "circle",
        symbolSize: 7,
        lineStyle: { color: colours.accent, width: 2 },
        itemStyle: { color: colours.accent },
        data: points.map(({ value }) => value),
      },
      whiskerSeries(known.map(({ place, value, moe95 }) => [place, value - moe95, value + moe95]), {
        colour: colours.ink,
        isFlat: false,
      }),
    ],
  };
}
