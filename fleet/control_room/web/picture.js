// Zones and lines of one source on an empty rectangle. There is no picture and there will be none: only geometry is known here.

import { computed } from "vue";
import { duration, number, withSpread } from "./format.js";

const W = 400;
const H = 300; // fractions of the picture; its true shape is not known to the manager

export const PictureFrame = {
  props: { source: Object, device: String, board: Object },
  setup(props) {
    const zones = computed(() =>
      (props.source.zones ?? []).map((zone) => {
        const points = zone.polygon.map(([x, y]) => [x * W, y * H]);
        const cx = points.reduce((sum, p) => sum + p[0], 0) / points.length;
        const cy = Math.min(...points.map((p) => p[1])) + 18; // near its upper edge, clear of lines across it
        const live = props.board.zones.get(`${props.device}/${zone.id}`);
        const age = live ? (props.board.now.value - live.as_of) / 1000 : 0;
        const people = !live?.people ? "" : age > live.silence_limit_s ? `last count ${duration(age)} ago` : withSpread(live.people);
        return { id: zone.id, label: zone.label || zone.id, points: points.map((p) => p.join(",")).join(" "), cx, cy, people, limit: zone.alarm ? number(zone.alarm.enter_at) : null };
      }),
    );
    const lines = computed(() =>
      (props.source.lines ?? []).map((line) => {
        const [x1, y1] = [line.start[0] * W, line.start[1] * H];
        const [x2, y2] = [line.end[0] * W, line.end[1] * H];
        const length = Math.hypot(x2 - x1, y2 - y1) || 1;
        const [rx, ry] = [-(y2 - y1) / length, (x2 - x1) / length]; // to the right of start -> end, y downwards: forward
        const [mx, my] = [(x1 + x2) / 2, (y1 + y2) / 2];
        return { id: line.id, label: line.label || line.id, x1, y1, x2, y2, mx, my, fx: mx + 22 * rx, fy: my + 22 * ry, tx: mx + 30 * rx, ty: my + 36 * ry + 4, anchor: Math.abs(rx) < 0.4 ? "" : rx < 0 ? "before" : "after" };
      }),
    );
    return { zones, lines, W, H };
  },
  template: `
  <figure class="frame">
    <svg :viewBox="'-1 -1 ' + (W + 2) + ' ' + (H + 2)" role="img" :aria-label="'Zones and lines of ' + source.id">
      <defs><marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" /></marker></defs>
      <rect :width="W" :height="H" class="frame-edge" />
      <polygon v-for="zone in zones" :key="zone.id" :points="zone.points" class="frame-zone" />
      <g v-for="line in lines" :key="line.id" class="frame-line"><line :x1="line.x1" :y1="line.y1" :x2="line.x2" :y2="line.y2" />
        <line :x1="line.mx" :y1="line.my" :x2="line.fx" :y2="line.fy" marker-end="url(#tip)" /></g>
      <g v-for="zone in zones" :key="zone.id"><text :x="zone.cx" :y="zone.cy" class="frame-label">{{ zone.label }}</text>
        <text :x="zone.cx" :y="zone.cy + 15" class="frame-count">{{ zone.people }}{{ zone.limit ? (zone.people ? ', ' : '') + 'limit ' + zone.limit : '' }}</text></g>
      <text v-for="line in lines" :key="line.id" :x="line.tx" :y="line.ty" class="frame-label" :class="line.anchor">{{ line.label }}</text>
    </svg>
    <figcaption>{{ source.id }}<span class="muted"><template v-if="source.reference">, city video view {{ source.reference }}</template>, arrow = forward</span></figcaption>
  </figure>`,
};
