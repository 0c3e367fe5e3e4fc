// How many boxes ran which version, over time: stacked, so that the whole is all boxes.

import { useChart } from "./chart.js";

const FRESH = "#58b69a";
const OTHERS = ["#56708c", "#6f6a8c", "#8c7a56", "#5d6975", "#7a5d6d"];

function options(lines, fresh) {
  const names = Object.keys(lines).sort((a, b) => (a === fresh) - (b === fresh) || (a < b ? -1 : 1));
  const colour = (name, i) => (name === fresh ? FRESH : OTHERS[i % OTHERS.length]);
  // Lines change at moments of their own; a stack needs all of them at each.
  const moments = [...new Set(Object.values(lines).flat().map(([t]) => t))].sort((a, b) => a - b);
  const filled = (line) => {
    let at = 0;
    return moments.map((t) => {
      while (at + 1 < line.length && line[at + 1][0] <= t) at += 1;
      return [t, line[at][1]];
    });
  };
  return {
    animation: false,
    textStyle: { fontFamily: "Roboto, sans-serif", color: "#8b98a5" },
    tooltip: { trigger: "axis", renderMode: "richText", backgroundColor: "#1b232c", borderColor: "#26303a", textStyle: { color: "#d3dae1", fontSize: 12 } },
    legend: { top: 4, left: 12, icon: "roundRect", itemWidth: 10, itemHeight: 10, textStyle: { color: "#8b98a5", fontSize: 11 } },
    grid: { left: 44, right: 16, top: 34, bottom: 26 },
    xAxis: { type: "time", axisLine: { lineStyle: { color: "#26303a" } }, axisTick: { show: false }, splitLine: { show: false }, axisLabel: { color: "#8b98a5", fontSize: 10, hideOverlap: true } },
    yAxis: { type: "value", minInterval: 1, axisLabel: { color: "#8b98a5", fontSize: 10 }, splitLine: { lineStyle: { color: "#1e262f" } } },
    series: names.map((name, i) => ({ type: "line", name, stack: "boxes", step: "end", showSymbol: false, lineStyle: { width: 0 }, areaStyle: { color: colour(name, i), opacity: 0.85 }, itemStyle: { color: colour(name, i) }, data: filled(lines[name]) })),
  };
}

export const VersionsChart = {
  props: { lines: Object, fresh: String },
  setup(props) {
    return { host: useChart(() => options(props.lines ?? {}, props.fresh), () => props.lines) };
  },
  template: `<div class="chart-host"><p v-if="!lines || !Object.keys(lines).length" class="empty">It has not begun.</p><div ref="host" class="chart" :class="{ nothing: !lines || !Object.keys(lines).length }"></div></div>`,
};
