// The page's copy of the manager's board: devices, zones, lines, incidents and the tail of events.
//
// Rules:
// - A manager that serves other pages than this one is asked for its own.
// - Whole objects replace whole objects; nothing is merged field by field. What comes from devices is data, never markup.
// - Every list is bounded here as it is at the manager.
// - Health shown = health stated, unless the last word is older than the box's own silence limit: then it is stale, whatever it
//   said. This is computed from the manager's clock at every tick, so it needs no message to become true.

import { nextTick, reactive, shallowReactive, shallowRef, ref, triggerRef } from "vue";
import { Connection } from "./connection.js";
import { ShotGroups } from "./shot_groups.js";

const BUILD = new URL(import.meta.url).pathname.split("/").at(-2); // pages are named by their content
const SERIES_POINTS = 90;
const ROWS_PER_TYPE = 300;

export const HEALTH_ORDER = ["offline", "stale", "degraded", "unknown", "online"];

/** @returns the live model that every panel of a page shares. */
export function openBoard(path) {
  const board = {
    devices: shallowReactive(new Map()),
    zones: shallowReactive(new Map()),
    lines: shallowReactive(new Map()),
    incidents: shallowReactive(new Map()),
    totals: shallowRef({}),
    tail: shallowRef([]), // newest first, bounded per type
    heard: ref(0), // events that came over the line since the page opened
    link: reactive({ state: "connecting", since: performance.now(), silent: 0 }),
    now: ref(Date.now()), // the manager's clock
    selected: ref(null), // device id
    open: ref(null), // id of the alert whose card is open
    groups: new ShotGroups(),
    path: shallowRef(null), // {plate, sightings, until}: of a hit, drawn on the map; until: when it was no longer followed
    account: shallowRef(null),
  };
  const byType = new Map();

  function put(map, objects) {
    for (const object of objects) map.set(object.id, Object.freeze(object));
  }

  function putZones(zones) {
    for (const zone of zones) {
      const before = board.zones.get(zone.id);
      if (!zone.series) {
        const series = before ? before.series : [];
        const last = series.length ? series[series.length - 1][0] : -1;
        zone.series = zone.people && zone.as_of > last ? [...series.slice(1 - SERIES_POINTS), [zone.as_of, zone.people.v]] : series;
      }
      board.zones.set(zone.id, Object.freeze(zone));
    }
  }

  function putRows(rows, fresh) {
    if (fresh) byType.clear();
    if (!rows.length && !fresh) return;
    for (const row of rows) {
      if (!byType.has(row.type)) byType.set(row.type, []);
      const list = byType.get(row.type);
      list.push(Object.freeze(row));
      if (list.length > ROWS_PER_TYPE * 1.5) list.splice(0, list.length - ROWS_PER_TYPE);
    }
    if (!fresh) board.heard.value += rows.length;
    board.tail.value = [...byType.values()].flat().sort((a, b) => b.n - a.n);
  }

  function onMessage(message) {
    if (message.snapshot) {
      if (message.build !== BUILD) window.location.reload(); // the manager was updated meanwhile
      for (const map of [board.devices, board.zones, board.lines, board.incidents]) map.clear();
      board.account.value = message.account ?? null;
    }
    put(board.devices, message.devices ?? []);
    putZones(message.zones ?? []);
    put(board.lines, message.lines ?? []);
    put(board.incidents, message.incidents ?? []);
    for (const id of message.gone ?? []) board.incidents.delete(id);
    for (const id of message.withdrawn ?? []) {
      board.devices.delete(id);
      for (const map of [board.zones, board.lines]) for (const [key, part] of map) if (part.device === id) map.delete(key);
    }
    putRows(message.rows ?? [], Boolean(message.snapshot));
    if (message.totals) board.totals.value = Object.freeze(message.totals);
  }

  const connection = new Connection(path, {
    onMessage,
    onLink: ({ state }) => {
      board.link.state = state;
      board.link.since = performance.now();
    },
  });
  const tick = () => {
    board.now.value = connection.now() ?? Date.now();
    board.link.silent = connection.silentMs();
  };
  const timer = setInterval(tick, 500);
  board.close = () => {
    clearInterval(timer);
    connection.close();
  };
  board.touch = () => triggerRef(board.tail);
  /** Open an alert's card and go to it. */
  board.show = (id) => {
    board.open.value = id;
    nextTick(() => {
      const card = document.querySelector(".alert.open");
      card?.scrollIntoView({ block: "nearest" });
      card?.querySelector(".alert-head").focus();
    });
  };
  return board;
}

/** Seconds since a device's last word; null when it never spoke. */
export function silence(device, nowMs) {
  return device.last_word === null ? null : Math.max(0, (nowMs - device.last_word) / 1000);
}

/** Health to show: online, degraded, offline, stale or unknown. */
export function health(device, nowMs) {
  if (device.last_word === null) return "unknown";
  if (device.status === "offline") return "offline";
  if (silence(device, nowMs) > device.silence_limit_s) return "stale";
  return device.status;
}

/** Whether an incident still goes on as far as its device said; a hit, a clone and shots are moments. */
export function running(incident) {
  return incident.phase !== "end" && !incident.hit && !incident.clone && !incident.shots;
}
