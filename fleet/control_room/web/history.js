// Telemetry of the last while, as small charts over one time axis.

import { useChart } from "./chart.js";

const ROWS = [
  { key: "fps", name: "fps", colour: "#7fb6c9" },
  { key: "model_ms", name: "model ms", colour: "#a3aab5" },
  { key: "queue", name: "queue", colour: "#c7a76a" },
  { key: "temperature_c", name: "°C", colour: "#c98b7f" },
  { key: "memory_mb", name: "MB", colour: "#8fae9b" },
];

function options(history) {
  const rows = ROWS.filter((row) => history.some((point) => point[row.key] !== null && point[row.key] !== undefined));
  const height = 100 / Math.max(1, rows.length);
  return {
    animation: false,
    textStyle: { fontFamily: "Roboto, sans-serif", color: "#8b98a5" },
    tooltip: { trigger: "axis", renderMode: "richText", backgroundColor: "#1b232c", borderColor: "#26303a", textStyle: { color: "#d3dae1", fontSize: 12 } },
    axisPointer: { link: [{ xAxisIndex: "all" }], lineStyle: { color: "#5d6975" } },
    grid: rows.map((_, i) => ({ left: 96, right: 14, outerBoundsMode: "none", top: `${i * height + 2}%`, height: `${height - 7}%` })),
    xAxis: rows.map((_, i) => ({ type: "time", gridIndex: i, axisLine: { lineStyle: { color: "#26303a" } }, axisTick: { show: false }, splitLine: { show: false }, axisLabel: { show: i === rows.length - 1, color: "#5d6975", fontSize: 10, hideOverlap: true } })),
    yAxis: rows.map((row, i) => ({ type: "value", gridIndex: i, name: row.name, nameLocation: "middle", nameRotate: 0, nameGap: 42, nameTextStyle: { color: "#8b98a5", fontSize: 11 }, splitNumber: 1, scale: row.key === "temperature_c" || row.key === "memory_mb", axisLabel: { color: "#5d6975", fontSize: 10 }, splitLine: { lineStyle: { color: "#1e262f" } } })),
    series: rows.map((row, i) => ({ type: "line", name: row.name, xAxisIndex: i, yAxisIndex: i, showSymbol: history.length < 3, symbolSize: 4, lineStyle: { width: 1.4, color: row.colour }, itemStyle: { color: row.colour }, data: history.map((point) => [point.t, point[row.key] ?? null]) })),
  };
}

export const HistoryChart = {
  props: { history: Array },
  setup(props) {
    return { host: useChart(() => options(props.history ?? []), () => props.history) };
  },
  template: `<div class="chart-host"><p v-if="!history || !history.length" class="empty">No telemetry yet.</p><div ref="host" class="chart"></div></div>`,
};
