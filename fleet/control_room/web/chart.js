// A chart in a host element: drawn when it is shown, anew when what it shows changes, and as wide as its host.
//
// Rule: ECharts is a megabyte that the live page never needs; it is loaded where a chart is shown.

import { onBeforeUnmount, onMounted, ref, watch } from "vue";

// `options` gives what ECharts draws; `shown` what has to change for it to be drawn anew.
export function useChart(options, shown) {
  const host = ref(null);
  let chart = null;
  let resizer = null;
  const draw = () => chart?.setOption(options(), { notMerge: true });
  onMounted(async () => {
    const { echarts } = await import("nicegui-echart");
    if (!host.value) return;
    chart = echarts.init(host.value, null, { renderer: "canvas" });
    draw();
    resizer = new ResizeObserver(() => chart.resize());
    resizer.observe(host.value);
  });
  watch(shown, draw);
  onBeforeUnmount(() => {
    resizer?.disconnect();
    chart?.dispose();
  });
  return host;
}
