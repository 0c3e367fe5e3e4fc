// People per zone now, and flow over lines.
//
// Rules: the interval is drawn as long as the number is; a zone whose last word is older than it should be is grey and shows
// the age instead of looking current. The order changes at most every RESORT_MS, and never under the pointer.

import { computed, onBeforeUnmount, ref, shallowRef, watch } from "vue";
import { duration, interval, number, spread } from "./format.js";

const RESORT_MS = 5000;
const SUM_WHOLE_S = 570; // of ten minutes; a sum over less says over how much
const SPARK_W = 84;
const SPARK_H = 20;
const SPARK_MS = 10 * 60 * 1000;

function sparkline(series, now) {
  if (series.length < 2) return "";
  const from = now - SPARK_MS;
  let top = 1;
  for (const [, value] of series) top = Math.max(top, value);
  let path = "";
  for (const [at, value] of series) {
    if (at < from) continue;
    const x = (SPARK_W * (at - from)) / SPARK_MS;
    const y = SPARK_H - 1 - ((SPARK_H - 3) * value) / top;
    path += `${path ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
  }
  return path;
}

export const ZoneList = {
  props: { board: Object, device: { type: String, default: null } },
  setup(props) {
    const board = props.board;
    const order = shallowRef([]);
    const resting = ref(false);

    const fill = (zone) => (zone.people ? zone.people.v / (zone.enter_at ?? Math.max(10, zone.people.v * 2)) : -1);
    function sort() {
      if (resting.value && order.value.length) return;
      order.value = [...board.zones.values()]
        .filter((zone) => !props.device || zone.device === props.device)
        .sort((a, b) => fill(b) - fill(a) || (a.id < b.id ? -1 : 1))
        .map((zone) => zone.id);
    }
    // The first look and every box that appears or goes are sorted at once; numbers that change wait their turn.
    watch(() => board.zones.size, sort, { immediate: true });
    const timer = setInterval(sort, RESORT_MS);
    onBeforeUnmount(() => clearInterval(timer));

    const scale = computed(() => {
      let top = 5;
      for (const zone of board.zones.values()) top = Math.max(top, zone.people?.hi ?? 0, zone.enter_at ?? 0);
      return top * 1.05;
    });
    const rows = computed(() => {
      const now = board.now.value;
      const known = new Set(order.value);
      const ids = [...order.value];
      for (const [id, zone] of board.zones) if (!known.has(id) && (!props.device || zone.device === props.device)) ids.push(id);
      return ids.flatMap((id) => {
        const zone = board.zones.get(id);
        if (!zone) return [];
        const age = (now - zone.as_of) / 1000;
        const stale = age > zone.silence_limit_s;
        const percent = (value) => `${(100 * Math.min(1, Math.max(0, value / scale.value))).toFixed(1)}%`;
        const over = zone.people && zone.enter_at !== null && zone.people.v >= zone.enter_at;
        const beyond = zone.people && (zone.trusted_to ?? null) !== null && zone.people.v > zone.trusted_to;
        return [{ zone, beyond, age, stale, over, percent, path: sparkline(zone.series, now) }];
      });
    });
    return { rows, number, spread, interval, duration, resting, board, SPARK_W, SPARK_H };
  },
  template: `
  <section class="panel zones" aria-label="People per zone">
    <h2>People per zone <span class="hint">now, and the last 10 min</span></h2>
    <div class="scroll" @pointerenter="resting = true" @pointerleave="resting = false">
      <p v-if="!rows.length" class="empty">No box has counted yet.</p>
      <div v-for="row in rows" :key="row.zone.id" class="zone" :class="{ stale: row.stale, over: row.over && !row.stale, chosen: board.selected.value === row.zone.device }"
        :data-zone="row.zone.id" @click="board.selected.value = row.zone.device">
        <span class="zone-name">{{ row.zone.label }}<small> {{ row.zone.device_label }}</small></span>
        <span class="zone-count" :title="interval(row.zone.people)">
          <template v-if="row.zone.people"><b>{{ number(row.zone.people.v) }}</b> <small>{{ spread(row.zone.people) }}</small>
            <small v-if="row.beyond" class="beyond" data-beyond :title="'Trusted up to ' + number(row.zone.trusted_to) + ' people: more hide one another'">or more</small></template>
          <template v-else>–</template>
        </span>
        <svg class="spark" :viewBox="'0 0 ' + SPARK_W + ' ' + SPARK_H" :width="SPARK_W" :height="SPARK_H" preserveAspectRatio="none" aria-hidden="true"><path :d="row.path" /></svg>
        <span class="bar-host" aria-hidden="true">
          <template v-if="row.zone.people">
            <i class="bar-fill" :style="{ width: row.percent(row.zone.people.v) }"></i>
            <i class="bar-span" :style="{ left: row.percent(row.zone.people.lo), width: 'calc(' + row.percent(row.zone.people.hi) + ' - ' + row.percent(row.zone.people.lo) + ')' }"></i>
          </template>
          <i v-if="row.zone.enter_at !== null" class="bar-limit" :style="{ left: row.percent(row.zone.enter_at) }"></i>
        </span>
        <small v-if="row.zone.density || row.zone.moved" class="zone-more">
          <span v-if="row.zone.density" data-density :title="interval(row.zone.density) + '; level of service after Fruin'">{{ number(row.zone.density.v) }}/m² · level {{ row.zone.service }}</span>
          <span v-if="row.zone.moved" class="doubt" data-moved title="The camera looks elsewhere than when this zone was drawn: the number is of another place">camera moved</span>
        </small>
        <span v-if="row.stale" class="zone-age" data-age>last count {{ duration(row.age) }} ago</span>
      </div>
    </div>
  </section>`,
};

export const FlowList = {
  props: { board: Object, device: { type: String, default: null } },
  setup(props) {
    const rows = computed(() => {
      const now = props.board.now.value;
      return [...props.board.lines.values()]
        .filter((line) => !props.device || line.device === props.device)
        .sort((a, b) => (a.device_label + a.label < b.device_label + b.label ? -1 : 1))
        .map((line) => {
          const age = (now - line.as_of) / 1000;
          const stale = age > line.silence_limit_s;
          const looked = line.sum_s >= SUM_WHOLE_S ? "" : `${duration(line.sum_s)} of 10 min were looked at`;
          return { line, age, stale, looked };
        });
    });
    return { rows, number, spread, interval, duration };
  },
  template: `
  <section class="panel flows" aria-label="Flow over lines">
    <h2>Flow over lines <span class="hint">last window, and the last 10 min</span></h2>
    <div class="scroll">
      <p v-if="!rows.length" class="empty">No line has been crossed yet.</p>
      <table v-else class="flow-table">
        <thead><tr><th scope="col">line</th><th scope="col">way</th><th scope="col" class="n">last</th><th scope="col" class="n">10 min</th></tr></thead>
        <tbody v-for="row in rows" :key="row.line.id" :class="{ stale: row.stale }" :data-line="row.line.id">
          <tr>
            <td class="flow-name" rowspan="2">{{ row.line.device_label }}<small>{{ row.line.label }}</small><small v-if="row.line.moved" class="doubt" data-moved title="The camera looked elsewhere than when this line was drawn: the numbers are of another place">camera moved</small></td>
            <td class="way" title="From the left of the line to its right">→<span class="unseen">forward</span></td>
            <td class="n" :title="interval(row.line.forward)" data-forward><b>{{ number(row.line.forward.v) }}</b> <small>{{ spread(row.line.forward) }}</small></td>
            <td v-if="row.stale" class="n flow-age" rowspan="2" data-age>{{ duration(row.age) }} ago</td>
            <td v-else class="n" :title="interval(row.line.forward_sum)" data-forward-sum><b>{{ number(row.line.forward_sum.v) }}</b> <small>{{ spread(row.line.forward_sum) }}</small></td>
          </tr>
          <tr>
            <td class="way" title="From the right of the line to its left">←<span class="unseen">backward</span></td>
            <td class="n" :title="interval(row.line.backward)" data-backward><b>{{ number(row.line.backward.v) }}</b> <small>{{ spread(row.line.backward) }}</small></td>
            <td v-if="!row.stale" class="n" :title="interval(row.line.backward_sum)" data-backward-sum><b>{{ number(row.line.backward_sum.v) }}</b> <small>{{ spread(row.line.backward_sum) }}</small></td>
          </tr>
          <tr v-if="row.looked && !row.stale" class="flow-partly"><td colspan="4" class="n doubt" data-partly>{{ row.looked }}</td></tr>
        </tbody>
      </table>
    </div>
  </section>`,
};
