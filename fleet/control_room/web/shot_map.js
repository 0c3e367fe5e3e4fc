// Shots on the map: the region of each recent one that waits for a person, and of the one whose card is open all that is known.
//
// Rules:
// - What a card says of a box its line says too: solid and blue where it was believed, dashed and amber where not.
// - Of the open one the region, the places and the nearest boxes are in sight; while it grows the map moves only if it was in sight.
// - Each has a button, which opens its card: by mouse, by touch, or by Tab and Enter.
// - Whatever is drawn is touched only when what it shows has changed.

import { leaflet as L } from "nicegui-leaflet";
import { clockTime } from "./format.js";
import { onEarth, outline } from "./shot_region.js";
import { heardBy, letter, volley } from "./shots.js";

const RECENT_MS = 30 * 60 * 1000;
const MOST_DRAWN = 40;
const MOST_FRAMED = 3; // boxes that are brought into sight with a place: with all of them an ellipse of some metres is not seen
const FILL = { ellipse: 0.2, sector: 0.12, curve: 0, disc: 0.06 };
const BELIEVED = { color: "#6bb1ff", weight: 2, opacity: 0.9 };
const DOUBTED = { color: "#e5a83d", weight: 2, opacity: 0.9, dashArray: "3 6" };
const COLOURS = { waiting: "#ff6257", confirmed: "#e5a83d", dismissed: "#8b98a5" };

/** Leaflet draws at whole pixels, which makes a saw of an ellipse of some metres. */
const FinePolygon = L.Polygon.extend({
  _projectLatlngs([ring], result, bounds) {
    const points = ring.map((at) => this._map.project(at).subtract(this._map.getPixelOrigin()));
    for (const point of points) bounds.extend(point);
    result.push(points);
  },
});

/** Incidents of shots that are drawn: the open one, and the newest that wait. */
export function drawn(incidents, open, now) {
  const waiting = incidents.filter((one) => one.shots && !one.shots.became && !one.verdict && one.id !== open && one.raised_at > now - RECENT_MS);
  waiting.sort((a, b) => b.raised_at - a.raised_at);
  const chosen = incidents.find((one) => one.shots && one.id === open);
  return [...waiting.slice(0, MOST_DRAWN), ...(chosen ? [chosen] : [])];
}

function words(incident, now) {
  return `${incident.title}, ${volley(incident.shots)}, ${clockTime(incident.raised_at, now)}, ${incident.shots.located}, ${heardBy(incident.shots)}`.replace(/, $/, "");
}

export class ShotLayer {
  /**
   * @param {object} map Leaflet's
   * @param {object} board the page's
   */
  constructor(map, board) {
    this.map = map;
    this.board = board;
    this.known = new Map(); // incident id -> {key, layers}
    this.framed = null; // {id, bounds} of the open one
  }

  draw() {
    const { board } = this;
    const open = board.open.value;
    const wanted = drawn([...board.incidents.values()], open, board.now.value);
    const ids = new Set(wanted.map(({ id }) => id));
    for (const [id, { layers }] of this.known) {
      if (ids.has(id)) continue;
      for (const layer of layers) layer.remove();
      this.known.delete(id);
    }
    for (const incident of wanted) {
      const { id, shots, title, verdict } = incident;
      const key = [shots.row, id === open, verdict?.state, title].join("|");
      const before = this.known.get(id);
      if (before?.key === key) continue;
      const focused = before?.layers.some((layer) => layer.getElement?.()?.contains(document.activeElement));
      for (const layer of before?.layers ?? []) layer.remove();
      const layers = this.layersOf(incident, id === open);
      this.known.set(id, { key, layers });
      if (focused) layers.at(-1)?.getElement()?.querySelector("button")?.focus();
    }
    this.frame(wanted.find(({ id }) => id === open));
  }

  layersOf(incident, open) {
    const { shots } = incident;
    const line = outline(shots.region);
    if (!line) return [];
    const layers = [];
    const add = (layer) => layers.push(layer.addTo(this.map));
    const colour = COLOURS[incident.verdict?.state ?? "waiting"];
    const style = { color: colour, weight: open ? 3 : 1.5, fillColor: colour, fillOpacity: open ? FILL[shots.region.type] : FILL[shots.region.type] / 3, smoothFactor: 0, interactive: false, className: `shot-region${open ? " open" : ""}` };
    const region = line.closed ? new FinePolygon(line.points, style) : L.polyline(line.points, { ...style, dashArray: "8 6", fill: false });
    add(region);
    const path = region.getElement();
    path?.setAttribute("role", "img");
    path?.setAttribute("aria-label", words(incident, this.board.now.value));
    path?.setAttribute("data-shot-region", incident.id);
    const places = shots.places.filter(onEarth).map(({ lat, lon }) => [lat, lon]);
    if (open) {
      for (const box of shots.boxes.filter(onEarth)) {
        const look = { ...(box.believed ? BELIEVED : DOUBTED), interactive: false };
        if (places.length) add(L.polyline([[box.lat, box.lon], places[0]], { ...look, className: box.believed ? "shot-line believed" : "shot-line doubted" }));
        add(L.circleMarker([box.lat, box.lon], { ...look, radius: 11, fill: false }));
      }
      places.slice(1).forEach((at, index) => {
        const mark = Object.assign(document.createElement("span"), { className: "shot-other", textContent: letter(index + 1) });
        add(L.marker(at, { icon: L.divIcon({ className: "path-host", html: mark, iconSize: [0, 0] }), interactive: false, keyboard: false, zIndexOffset: 6500 }));
      });
    }
    add(this.button(incident, places[0] ?? line.middle, open));
    return layers;
  }

  /** Opens the card; where several places explain the shots the first has its letter. */
  button(incident, at, open) {
    const { id, shots, verdict } = incident;
    const button = Object.assign(document.createElement("button"), { type: "button", className: `shot-place ${verdict?.state ?? "waiting"}${open ? " open" : ""}` });
    button.textContent = open && shots.places.length > 1 ? letter(0) : "";
    button.setAttribute("aria-label", `${words(incident, this.board.now.value)}. Open its card.`);
    button.dataset.shotPlace = id;
    button.title = incident.title;
    L.DomEvent.disableClickPropagation(button);
    button.addEventListener("click", () => this.board.show(id));
    const icon = L.divIcon({ className: "path-host", html: button, iconSize: [0, 0] });
    return L.marker(at, { icon, interactive: false, keyboard: false, zIndexOffset: open ? 8000 : 7000 });
  }

  /** Bring the open one into sight when it is opened, and again when it has grown out of it. */
  frame(incident) {
    const line = incident && outline(incident.shots.region);
    if (!line) {
      this.framed = null;
      return;
    }
    const { id, shots } = incident;
    const bounds = L.latLngBounds([...line.points, ...[...shots.boxes.slice(0, MOST_FRAMED), ...shots.places].filter(onEarth).map(({ lat, lon }) => [lat, lon])]);
    const grows = this.framed?.id === id;
    const inSight = this.map.getBounds();
    const moves = grows ? inSight.contains(this.framed.bounds) && !inSight.contains(bounds) : true;
    this.framed = { id, bounds };
    if (moves) this.map.fitBounds(bounds, { maxZoom: 18, animate: false, paddingTopLeft: [50, 60], paddingBottomRight: [70, 40] });
  }
}
