// The map: a base plan drawn from GeoJSON (no tile server, no internet) and the boxes on it.
//
// Rules:
// - Shape and colour both carry health, so that it reads without colour: a disc is online, a diamond degraded, a crossed ring
//   offline, a dashed ring with its age stale.
// - Text from devices and from the plan goes into text nodes, never into markup.
// - A marker is touched only when what it shows has changed.

import { computed, nextTick, onBeforeUnmount, onMounted, ref, watch } from "vue";
import { leaflet as L } from "nicegui-leaflet";
import { clockTime, duration, number, spread } from "./format.js";
import { health, running, silence } from "./board.js";
import { ShotLayer } from "./shot_map.js";

const STYLES = {
  water: { fillColor: "#15304a", fillOpacity: 1, stroke: false },
  green: { fillColor: "#182c20", fillOpacity: 1, stroke: false },
  square: { fillColor: "#2c3540", fillOpacity: 1, color: "#3c4855", weight: 1 },
  street: { fillColor: "#28313b", fillOpacity: 1, stroke: false },
  building: { fillColor: "#1a212a", fillOpacity: 1, color: "#2d3844", weight: 0.8 },
};
const ORDER = ["water", "green", "street", "square", "building"];
const DEFAULT_STREET_M = 8;
const TAG_PX = { width: 74, alarm: 165, height: 18, away: 10 }; // what a tag takes beside its box, about
const MOST_TIMES = 4; // of a path, at one place; of more the first and the last are told
const KEPT_PX2 = 250; // so much overlap is borne before a tag changes sides

L.Browser.any3d = false; // a layer of its own for each marker costs a desk without a graphics card more than it gives
const ZOOM_STEP = 0.25;

/** Leaflet without layers knows whole zoom levels only; half the map would lie empty. */
const FineMap = L.Map.extend({
  getBoundsZoom(bounds, _inside, padding) {
    const [a, b] = [bounds.getNorthWest(), bounds.getSouthEast()].map((at) => this.project(at, this.getZoom()));
    const room = this.getSize().subtract(L.point(padding ?? [0, 0]));
    const scale = Math.min(Math.max(1, room.x) / Math.max(1e-6, b.x - a.x), Math.max(1, room.y) / Math.max(1e-6, b.y - a.y));
    return this._limitZoom(Math.floor(this.getScaleZoom(scale, this.getZoom()) / ZOOM_STEP) * ZOOM_STEP);
  },
  _limitZoom(zoom) {
    return Math.max(this.getMinZoom(), Math.min(this.getMaxZoom(), Math.round(zoom / ZOOM_STEP) * ZOOM_STEP));
  },
});

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

/**
 * On which side of its box a tag stands: right, or left, below or above where it would lie on another box or its tag.
 * @param {{id: string, x: number, y: number, width: number}[]} places in pixels, the most urgent first
 * @param {Map<string, string>} before sides until now, which are kept unless another is clearly better
 */
export function sides(places, before = new Map()) {
  const taken = places.map(({ x, y }) => [x - 8, y - 8, x + 8, y + 8]);
  const result = new Map();
  const { height, away } = TAG_PX;
  const over = ([a, b, c, d], [e, f, g, h]) => Math.max(0, Math.min(c, g) - Math.max(a, e)) * Math.max(0, Math.min(d, h) - Math.max(b, f));
  places.forEach(({ id, x, y, width }, own) => {
    const choices = {
      right: [x + away, y - height / 2, x + away + width, y + height / 2],
      left: [x - away - width, y - height / 2, x - away, y + height / 2],
      below: [x - width / 2, y + away, x + width / 2, y + away + height],
      above: [x - width / 2, y - away - height, x + width / 2, y - away],
    };
    let best = null;
    for (const [side, box] of Object.entries(choices)) {
      const kept = before.get(id) === side ? -KEPT_PX2 : 0;
      const cost = taken.reduce((sum, other, i) => (i === own ? sum : sum + over(box, other)), kept);
      if (!best || cost < best.cost) best = { side, box, cost };
    }
    taken.push(best.box);
    result.set(id, best.side);
  });
  return result;
}

function loadStyle() {
  const href = import.meta.resolve("nicegui-leaflet/leaflet/leaflet.css");
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  return new Promise((resolve) => {
    const link = Object.assign(element("link"), { rel: "stylesheet", href, onload: resolve, onerror: resolve });
    document.head.prepend(link);
  });
}

function drawPlan(map, plan) {
  const renderer = L.canvas({ padding: 0.5 });
  const lines = [];
  const features = [...plan.features].sort((a, b) => ORDER.indexOf(a.properties?.kind) - ORDER.indexOf(b.properties?.kind));
  const labels = [];
  map.createPane("names").style.zIndex = 450; // over the plan, under the boxes
  let bounds = null;
  for (const feature of features) {
    const kind = feature.properties?.kind;
    if (!(kind in STYLES) || !feature.geometry) continue;
    const isLine = feature.geometry.type.includes("LineString");
    const style = isLine
      ? { color: STYLES[kind].fillColor, weight: 4, opacity: 1, lineCap: "round", lineJoin: "round" }
      : STYLES[kind];
    const layer = L.geoJSON(feature, { style, interactive: false, renderer });
    layer.addTo(map);
    if (isLine) lines.push([layer, Number(feature.properties.width) || DEFAULT_STREET_M]);
    bounds = bounds ? bounds.extend(layer.getBounds()) : layer.getBounds();
    if (feature.properties.name && kind !== "building") labels.push([layer.getBounds().getCenter(), feature.properties.name, kind]);
  }
  for (const [at, name, kind] of labels) {
    const icon = L.divIcon({ className: `plan-name k-${kind}`, html: element("span", "", String(name)), iconSize: [0, 0] });
    L.marker(at, { icon, interactive: false, keyboard: false, pane: "names" }).addTo(map);
  }
  const widen = () => {
    const centre = map.getCenter();
    const metresPerPixel = (40075016.7 * Math.cos((centre.lat * Math.PI) / 180)) / (256 * 2 ** map.getZoom());
    for (const [layer, metres] of lines) layer.setStyle({ weight: Math.max(1, metres / metresPerPixel) });
  };
  map.on("zoomend", widen);
  return { bounds, widen };
}

export const CityMap = {
  props: { board: Object, plan: Object, fixed: { type: Boolean, default: false }, shots: { type: Boolean, default: false } }, // shots: are drawn, and open their cards
  setup(props) {
    const host = ref(null);
    const board = props.board;
    const markers = new Map(); // device id -> {marker, key}
    let map = null;
    let shots = null;
    let fitted = false;

    function alarms() {
      const burning = new Map();
      for (const incident of board.incidents.values()) {
        if (incident.verdict?.state === "dismissed" || incident.shots) continue; // shots are drawn where they were fired
        if (running(incident)) burning.set(incident.device, incident.verdict ? "confirmed" : "alarm");
        else if (!incident.verdict && !burning.has(incident.device)) burning.set(incident.device, "waiting");
      }
      return burning;
    }

    function fullest() {
      const result = new Map();
      for (const zone of board.zones.values()) {
        const best = result.get(zone.device);
        if (zone.people && (!best || zone.people.v > best.people.v)) result.set(zone.device, zone);
      }
      return result;
    }

    const trail = []; // of a hit's path: its line and its stops
    let framed = null; // bounds of the path that is drawn
    function drawPath(path, before) {
      if (!map) return;
      for (const layer of trail.splice(0)) layer.remove();
      const stops = (board.path.value?.sightings ?? []).filter((one) => one.lat !== null);
      if (!stops.length) return;
      const places = stops.map((one) => [one.lat, one.lon]);
      trail.push(L.polyline(places, { color: "#6bb1ff", weight: 3, opacity: 0.9, dashArray: "7 5", interactive: false }).addTo(map));
      const seen = new Map(); // stops at one place stand in one mark
      stops.forEach((one, index) => {
        const key = `${one.lat},${one.lon}`;
        if (!seen.has(key)) seen.set(key, { at: [one.lat, one.lon], numbers: [], times: [] });
        seen.get(key).numbers.push(index + 1);
        seen.get(key).times.push(clockTime(one.at, board.now.value));
      });
      for (const { at, numbers, times: all } of seen.values()) {
        const times = all.length > MOST_TIMES ? [`${all[0]} to ${all.at(-1)}, ${all.length} hits`] : all;
        const mark = element("div", "path-stop below");
        mark.append(element("b", "", String(numbers[0])), element("time", "", times.map((time, i) => (i ? `${numbers[i]}: ${time}` : time)).join(", ")));
        const icon = L.divIcon({ className: "path-host", html: mark, iconSize: [0, 0] });
        trail.push(L.marker(at, { icon, interactive: false, keyboard: false, zIndexOffset: 6000 }).addTo(map));
      }
      // A path that grows stays in sight if it was in sight: whoever has looked elsewhere since is left there.
      const bounds = L.latLngBounds(places);
      const grows = before?.plate === path.plate && framed;
      const moves = grows ? map.getBounds().contains(framed) && !map.getBounds().contains(bounds) : true;
      framed = bounds;
      if (!moves) return;
      map.fitBounds(bounds, { maxZoom: 17, animate: false, paddingTopLeft: [64, 50], paddingBottomRight: [120, 60] });
    }

    let laidOut = "";
    let side = new Map();
    function layOut(burning) {
      const placed = [...board.devices.values()].filter((device) => device.lat !== null);
      const layout = [map.getZoom(), ...placed.map((d) => `${d.id}:${d.lat},${d.lon}${burning.get(d.id) === "alarm"}`)].join(" ");
      if (layout === laidOut) return;
      laidOut = layout;
      const places = placed.map((device) => {
        const { x, y } = map.latLngToLayerPoint([device.lat, device.lon]);
        return { id: device.id, x, y, width: burning.get(device.id) === "alarm" ? TAG_PX.alarm : TAG_PX.width };
      });
      side = sides(places.sort((a, b) => b.width - a.width || (a.id < b.id ? -1 : 1)), side);
    }

    function glyph(device, state, alarm, zone) {
      const dead = state === "stale" || state === "offline";
      const root = element("div", `box h-${state}${alarm ? ` a-${alarm}` : ""}${board.selected.value === device.id ? " chosen" : ""}`);
      if (alarm === "alarm" && !dead) root.append(element("span", "ring"));
      if (device.heading !== null) {
        const wedge = element("span", "wedge");
        wedge.style.transform = `rotate(${Number(device.heading)}deg)`;
        root.append(wedge);
      }
      root.append(element("span", "shape"));
      const tag = element("span", `tag ${side.get(device.id) ?? "right"}`);
      if (dead) tag.append(element("span", "age", duration(silence(device, board.now.value))));
      else if (zone && board.now.value - zone.as_of < 1000 * zone.silence_limit_s) {
        tag.append(element("b", "", number(zone.people.v)), element("small", "", ` ${spread(zone.people)}`));
      }
      tag.append(element("span", "name", device.label));
      root.append(tag);
      root.title = `${device.label}: ${state}`;
      return root;
    }

    function draw() {
      if (!map) return;
      const burning = alarms();
      const zones = fullest();
      const now = board.now.value;
      layOut(burning);
      for (const device of board.devices.values()) {
        if (device.lat === null) continue;
        const state = health(device, now);
        const alarm = burning.get(device.id);
        const zone = zones.get(device.id);
        const dead = state === "stale" || state === "offline";
        const key = [
          state, alarm, side.get(device.id), device.label, device.lat, device.lon, device.heading, board.selected.value === device.id,
          dead ? duration(silence(device, now)) : zone && now - zone.as_of < 1000 * zone.silence_limit_s
            ? `${number(zone.people.v)}${spread(zone.people)}` : "",
        ].join("|");
        const known = markers.get(device.id);
        if (known?.key === key) continue;
        const icon = L.divIcon({ className: "box-host", html: glyph(device, state, alarm, zone), iconSize: [0, 0] });
        const offset = alarm === "alarm" ? 4000 : alarm ? 3000 : state === "online" ? 0 : 1000;
        if (known) {
          known.marker.setLatLng([device.lat, device.lon]).setIcon(icon).setZIndexOffset(offset);
          known.key = key;
        } else {
          const marker = L.marker([device.lat, device.lon], { icon, keyboard: false, zIndexOffset: offset }).addTo(map);
          marker.on("click", () => (board.selected.value = device.id));
          marker.on("dblclick", () => window.location.assign(`/device/${encodeURIComponent(device.id)}`));
          markers.set(device.id, { marker, key });
        }
      }
      for (const [id, { marker }] of markers) {
        if (board.devices.has(id) && board.devices.get(id).lat !== null) continue;
        marker.remove();
        markers.delete(id);
      }
      if (!fitted && markers.size) fit();
    }

    function fit(planBounds) {
      const places = [...markers.values()].map(({ marker }) => marker.getLatLng());
      const bounds = places.length ? L.latLngBounds(places) : planBounds;
      if (!bounds?.isValid()) return;
      fitted = places.length > 0;
      map.fitBounds(bounds, { maxZoom: 18, animate: false, paddingTopLeft: [64, 34], paddingBottomRight: [96, 40] }); // room for tags
    }

    let resizer = null;
    onMounted(async () => {
      await loadStyle();
      if (!host.value) return;
      map = new FineMap(host.value, {
        center: [0, 0], zoom: 3, zoomSnap: ZOOM_STEP, zoomControl: false, attributionControl: false,
        zoomAnimation: false, fadeAnimation: false, maxZoom: 21, doubleClickZoom: false,
      });
      L.control.zoom({ position: "topright" }).addTo(map);
      L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
      const zoomed = () => {
        host.value.classList.toggle("close-up", map.getZoom() >= 17.5);
        host.value.classList.toggle("far-off", map.getZoom() < 15);
      };
      map.on("zoomend", () => {
        zoomed();
        draw();
      });
      map.on("click", () => (board.selected.value = null));
      let planBounds = null;
      if (props.plan?.features) {
        const drawn = drawPlan(map, props.plan);
        planBounds = drawn.bounds;
        if (planBounds?.isValid()) map.fitBounds(planBounds, { animate: false });
        drawn.widen();
      }
      draw();
      if (!fitted) fit(planBounds);
      if (props.shots) shots = new ShotLayer(map, board);
      shots?.draw();
      zoomed();
      resizer = new ResizeObserver(() => map.invalidateSize({ animate: false }));
      resizer.observe(host.value);
    });
    watch([board.devices, board.zones, board.incidents, board.now, board.selected], () => nextTick(draw));
    watch([board.incidents, board.now, board.open], () => nextTick(() => shots?.draw()));
    watch(board.path, drawPath);
    watch(board.selected, (id) => {
      const device = id && board.devices.get(id);
      if (map && device && device.lat !== null && !map.getBounds().pad(-0.1).contains([device.lat, device.lon])) {
        map.panTo([device.lat, device.lon], { animate: false });
      }
    });
    onBeforeUnmount(() => {
      resizer?.disconnect();
      map?.remove();
    });
    const heard = computed(() => (props.shots && board.incidents.get(board.open.value)?.shots) || null);
    const nowhere = computed(() => board.link.state === "live" && [...board.devices.values()].every((device) => device.lat === null));
    return { host, nowhere, heard, board, clockTime, fit: () => fit(), forget: () => (board.path.value = null) };
  },
  template: `
  <section class="panel map" aria-label="Map">
    <div ref="host" class="map-host"></div>
    <p v-if="board.path.value" class="path-told" role="status" data-path-told>Path of <b class="plate">{{ board.path.value.plate }}</b>{{ board.path.value.sightings.length }} {{ board.path.value.word ?? "hit" }}{{ board.path.value.sightings.length === 1 ? "" : "s" }}<template v-if="board.path.value.until"> until {{ clockTime(board.path.value.until, board.now.value) }}</template> <button type="button" class="plain" @click="forget" data-path-forget>Remove</button></p>
    <p v-if="heard" class="shots-told" role="status" data-shots-told><b>{{ heard.located }}</b><span><i class="shot-key believed" aria-hidden="true"></i>{{ heard.believed }} believed</span><span v-if="heard.boxes.length + heard.more > heard.believed"><i class="shot-key doubted" aria-hidden="true"></i>{{ heard.boxes.length + heard.more - heard.believed }} not believed</span></p>
    <p v-if="nowhere" class="empty" data-nowhere>No box has said where it is.</p>
    <button type="button" class="map-fit plain" title="Show all boxes" @click="fit">all</button>
  </section>`,
};
