// The health of every box, as a table that sorts. The worst stand on top until a person sorts otherwise.

import { computed, reactive } from "vue";
import { clockQuality, duration, duration_ms, number, total } from "./format.js";
import { health, HEALTH_ORDER, silence } from "./board.js";

const COLUMNS = [
  { key: "label", name: "box", value: (row) => row.device.label.toLowerCase() },
  { key: "health", name: "health", value: (row) => HEALTH_ORDER.indexOf(row.health) },
  { key: "reasons", name: "why", value: (row) => row.why, wide: true },
  { key: "fps", name: "fps", value: (row) => row.device.fps ?? -1, n: true, title: "Pictures a second, all sources" },
  { key: "drops", name: "drops", value: (row) => row.drops, n: true, title: "Pictures dropped since the box started, by reason" },
  { key: "model_ms", name: "model", value: (row) => row.device.model_ms ?? -1, n: true, title: "One inference, median of the last minute" },
  { key: "queue", name: "queue", value: (row) => row.device.queue ?? -1, n: true, title: "Events on the box that the manager has not acknowledged" },
  { key: "temperature_c", name: "°C", value: (row) => row.device.temperature_c ?? -99, n: true, title: "Temperature of the board" },
  { key: "clock", name: "clock", value: (row) => (row.device.clock ? (row.device.clock.synchronised ? 1 : 0) : 2), title: "Source and standard deviation of the box's clock" },
  { key: "last_word", name: "last word", value: (row) => -(row.silence ?? 1e12), n: true, title: "Time since anything came from the box" },
];
const WORDS = { online: "online", degraded: "degraded", offline: "offline", stale: "stale", unknown: "never heard" };

export const DeviceTable = {
  props: { board: Object },
  setup(props) {
    const sorting = reactive({ key: "health", down: false });
    const rows = computed(() => {
      const now = props.board.now.value;
      const result = [...props.board.devices.values()].map((device) => {
        const drops = Object.values(device.drops).reduce((sum, n) => sum + n, 0);
        const state = health(device, now);
        const why = state === "stale" ? `no word for ${duration(silence(device, now))}; said ${device.status}` : device.reasons.map((r) => r.detail || [r.code, r.subject].filter(Boolean).join(" ")).join("; ");
        return { device, health: state, silence: silence(device, now), drops, why };
      });
      const column = COLUMNS.find((c) => c.key === sorting.key);
      const sign = sorting.down ? -1 : 1;
      return result.sort((a, b) => {
        const [x, y] = [column.value(a), column.value(b)];
        if (x < y) return -sign;
        if (x > y) return sign;
        return a.device.id < b.device.id ? -1 : 1;
      });
    });
    function sort(key) {
      if (sorting.key === key) sorting.down = !sorting.down;
      else Object.assign(sorting, { key, down: COLUMNS.find((c) => c.key === key).n === true && key !== "last_word" });
    }
    const byReason = (drops) => Object.entries(drops).map(([reason, n]) => `${reason}: ${n}`).join("\n") || "none";
    const open = (id) => window.location.assign(`/device/${encodeURIComponent(id)}`);
    const clock = (c) => (c ? `${c.source}${c.synchronised ? (c.sigma_ms === null || c.sigma_ms === undefined ? "" : ` ± ${duration_ms(c.sigma_ms)}`) : " not sync."}` : "–");
    return { COLUMNS, WORDS, rows, sorting, sort, number, total, duration, duration_ms, clockQuality, clock, byReason, open };
  },
  template: `
  <section class="panel devices" aria-label="Health of the boxes">
    <h2>Boxes <span class="count">{{ rows.length }}</span><span v-if="rows.length" class="hint">Enter opens a box</span></h2>
    <div class="scroll">
      <table class="device-table">
        <thead><tr>
          <th v-for="column in COLUMNS" :key="column.key" scope="col" :class="{ n: column.n, wide: column.wide }" :title="column.title"
            :aria-sort="sorting.key === column.key ? (sorting.down ? 'descending' : 'ascending') : 'none'">
            <button type="button" class="sorter" @click="sort(column.key)">{{ column.name }}<i aria-hidden="true">{{ sorting.key === column.key ? (sorting.down ? "▾" : "▴") : "" }}</i></button>
          </th>
        </tr></thead>
        <tbody>
          <tr v-for="row in rows" :key="row.device.id" tabindex="0" :class="['r-' + row.health, { chosen: board.selected.value === row.device.id }]"
            :data-device="row.device.id" :data-health="row.health"
            @click="board.selected.value = row.device.id" @dblclick="open(row.device.id)" @keydown.enter="open(row.device.id)">
            <td class="device-name"><a :href="'/device/' + encodeURIComponent(row.device.id)" tabindex="-1">{{ row.device.label }}</a></td>
            <td class="device-health"><i class="dot" :class="'h-' + row.health" aria-hidden="true"></i>{{ WORDS[row.health] }}</td>
            <td class="device-why" :title="row.why">{{ row.why }}</td>
            <td class="n">{{ number(row.device.fps) }}</td>
            <td class="n" :title="byReason(row.device.drops)">{{ total(row.drops) }}</td>
            <td class="n">{{ duration_ms(row.device.model_ms) }}</td>
            <td class="n" :class="{ doubt: row.device.queue > 100 }">{{ total(row.device.queue) }}</td>
            <td class="n" :class="{ doubt: row.device.temperature_c >= 75 }">{{ number(row.device.temperature_c) }}</td>
            <td :class="{ doubt: row.device.clock && !row.device.clock.synchronised }" :title="clockQuality(row.device.clock)">{{ clock(row.device.clock) }}</td>
            <td class="n" :class="{ doubt: row.health === 'stale' }">{{ duration(row.silence) }}</td>
          </tr>
        </tbody>
      </table>
      <div v-if="!rows.length && board.link.state === 'live'" class="empty begin" data-begin>
        <p>No box belongs to this fleet yet. To bring the first one:</p>
        <ol>
          <li>here, make its one-time code: <code>lamplighter fleet code NAME --label "Where it hangs"</code></li>
          <li>on the box, fill in a file: <code>lamplighter edge example &gt; box.toml</code></li>
          <li>on the box, start it: <code>lamplighter edge run --config box.toml</code></li>
        </ol>
        <p>It appears here and on the map as soon as it has spoken.</p>
      </div>
    </div>
  </section>`,
};
