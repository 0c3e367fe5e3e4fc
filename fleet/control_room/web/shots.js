// Shots on an alert's card: how many, where, and what each box said that heard them.
//
// Rules:
// - There is nothing to listen to, and the card says so: no sound leaves a box and none is kept. What is shown is measured.
// - A box that was not believed says why, in words and with a mark of its own: colour alone carries nothing.
// - What was not told is not drawn: the card has no picture of a burst, for only its count and its cadence are known here.

import { computed } from "vue";
import { clockTime, dateTime, interval, number, percent, withSpread } from "./format.js";

const MODES = { single: "single", burst: "a burst", automatic: "automatic", unknown: "" };
const LETTERS = "ABCDEFGH"; // of places, here and on the map
const DIRECTIONS = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];

export const letter = (index) => LETTERS[index] ?? "?";

/** "heard by 6 boxes"; where there is no place the region itself says how many. */
export const heardBy = (shots) => {
  if (shots.region.type !== "ellipse") return "";
  const boxes = shots.boxes.length + shots.more;
  return `heard by ${boxes} ${boxes === 1 ? "box" : "boxes"}`;
};

/** "3 ± 1 shots, a burst". */
export function volley(shots) {
  const count = `${withSpread(shots.shots)} ${shots.shots.hi <= 1 ? "shot" : "shots"}`;
  return MODES[shots.mode] ? `${count}, ${MODES[shots.mode]}` : count;
}

/** A residual: "+1.2 ms", "−43 ms". */
export function signed(value, unit) {
  if (value === null) return "–";
  const words = number(Math.abs(value));
  return `${words === "0" ? "" : value < 0 ? "−" : "+"}${words} ${unit}`;
}

/** Whatever of a box does not stand in a column. */
export function remarks(box) {
  const bearing = box.bearing_deg !== null && `heard it at ${Math.round(box.bearing_deg)}°${box.bearing_half_deg === null ? "" : ` ± ${Math.ceil(box.bearing_half_deg)}°`}`;
  const off = box.bearing_off_deg !== null && `bearing off by ${signed(box.bearing_off_deg, "°").replace(" ", "")}`;
  return [
    `counted ${box.shots}`, box.shots > 1 && MODES[box.mode], bearing, off, box.shock && "heard the shock wave of a bullet",
    box.clipped > 0 && `clipped ${percent(box.clipped)}`, !box.synchronised && "clock not set",
    box.confuser && `else ${box.confuser} ${percent(box.confuser_p)}`,
  ].filter(Boolean).join(", ");
}

/** Milliseconds matter here: "2026-03-09 14:02:11.482 UTC+1". */
function firedAt(ms) {
  const [day, time, zone] = dateTime(ms).split(" ");
  return `${day} ${time}.${String(ms % 1000).padStart(3, "0")} ${zone}`;
}

export const ShotsHead = {
  props: { incident: Object },
  setup: () => ({ percent, volley }),
  template: `
  <span class="alert-figures shots-head">
    <b data-shots>{{ volley(incident.shots) }}</b>
    <span class="hit-posterior" title="Probability that these were shots, by what the boxes say">{{ percent(incident.probability) }}</span>
  </span>`,
};

export const ShotsBody = {
  props: { incident: Object, board: Object },
  setup(props) {
    const label = (name) => props.board.devices.get(name)?.label ?? name;
    const wind = (shots) => `${number(shots.wind_ms)} m/s${shots.wind_ms < 0.5 ? "" : ` from the ${DIRECTIONS[Math.round(shots.wind_from_deg / 45) % 8]}`}`;
    const other = computed(() => props.incident.shots.became ?? props.incident.shots.echo_of);
    return { other, label, wind, letter, heardBy, volley, withSpread, signed, remarks, firedAt, clockTime, dateTime, interval, number, percent };
  },
  template: `
  <div class="shots" data-shots-body>
    <p class="register" data-no-sound><b>There is nothing to listen to.</b> No sound leaves a box, and none is kept, there or here. Judge by what was measured, and by what is found on the spot.</p>
    <p v-if="other" class="doubt" data-other>{{ incident.shots.became ? "This turned out to be part of another incident." : "This seems to be an echo of another incident." }}
      <button v-if="board.incidents.has(other)" type="button" class="plain change" @click="board.show(other)" data-show-other>Show that one</button></p>
    <p>{{ volley(incident.shots) }}<span class="muted"> ({{ interval(incident.shots.shots) }})</span><template v-if="incident.shots.cadence">, <span data-cadence>{{ withSpread(incident.shots.cadence) }} a minute</span></template>.
      <template v-if="incident.shots.fired_at !== null">Fired <time data-fired>{{ firedAt(incident.shots.fired_at) }}</time>.</template>
      <span v-else class="doubt" data-fired>No box that heard it had its clock set: when it was fired is not known. Told {{ dateTime(incident.updated_at) }}.</span></p>
    <p data-located>
      <template v-if="incident.shots.region.type === 'ellipse'">The ellipse is {{ number(2 * incident.shots.region.major_m) }} m long and {{ number(2 * incident.shots.region.minor_m) }} m wide, its longer axis at {{ Math.round(incident.shots.region.orientation_deg) }}°. It should hold the true place in {{ Math.round(100 * incident.shots.region.level) }} of 100 cases.</template>
      <template v-else-if="incident.shots.region.type === 'curve'">A curve: two boxes. It lies near the dashed line, within {{ number(incident.shots.region.across_m) }} m of it halfway between them, in 90 of 100 cases. A third box would make a place of it.</template>
      <template v-else-if="incident.shots.region.type === 'sector'">A bearing: one box heard it at {{ Math.round(incident.shots.region.azimuth_deg) }}° ± {{ Math.ceil(incident.shots.region.half_width_deg) }}°, at a distance that is not known, at most {{ number(incident.shots.region.reach_m) }} m.</template>
      <template v-else>Within hearing of one box: anywhere within {{ number(incident.shots.region.radius_m) }} m of it.</template></p>
    <template v-if="incident.shots.places.length > 1">
      <p class="doubt">More than one place explains what was heard; the region is around those that are not improbable.</p>
      <ol class="shot-places" data-places><li v-for="(one, index) in incident.shots.places" :key="index"><b>{{ letter(index) }}</b> {{ one.lat.toFixed(5) }}, {{ one.lon.toFixed(5) }}<span>{{ percent(one.probability) }}</span></li></ol>
    </template>
    <p v-if="incident.shots.boxes.length > 1">{{ incident.shots.believed }} of {{ incident.shots.boxes.length + incident.shots.more }} boxes believed. <span v-if="incident.shots.fit !== null" data-fit>Fit {{ number(incident.shots.fit) }}: 1 is as it should be, more means that they contradict each other.</span>
      <span v-else data-fit>Nothing is left over to judge the fit by.</span>{{ " " }}<span v-if="incident.shots.speed_ms !== null" data-air>Solved with it: sound at {{ number(incident.shots.speed_ms) }} m/s<template v-if="incident.shots.wind_ms !== null">, wind {{ wind(incident.shots) }}</template>.</span></p>
    <p v-if="incident.shots.confuser" :class="{ doubt: incident.shots.confuser_p >= incident.probability }" data-confuser>What else it may have been, as one box heard it: <b>{{ incident.shots.confuser }}</b>, {{ percent(incident.shots.confuser_p) }}.</p>
    <p v-if="incident.shots.held" class="muted" data-told-held>Told while alerts of shots were held to high confidence.</p>
    <table class="shot-boxes" data-boxes>
      <caption class="unseen">Boxes that heard it, nearest first</caption>
      <thead><tr><th scope="col">box</th><th scope="col" class="n" title="Onset of its first shot less what the solution predicts; sigmas are those of the onset">residual</th><th scope="col" class="n" title="Its own probability that these were shots; first blast over the sound before">posterior, SNR</th><th scope="col" class="n" title="Share of its detections that others confirmed">trust</th></tr></thead>
      <tbody v-for="(box, index) in incident.shots.boxes" :key="index" :class="box.believed ? 'believed' : 'doubted'" :data-box-heard="box.device">
        <tr><th scope="row"><i class="shot-mark" aria-hidden="true"></i><span class="unseen">{{ box.believed ? "believed:" : "not believed:" }}</span> <a :href="'/device/' + encodeURIComponent(box.device)">{{ label(box.device) }}</a></th>
          <td class="n">{{ signed(box.residual_ms, "ms") }}<small v-if="box.residual_sigmas !== null">{{ signed(box.residual_sigmas, "σ") }}</small></td>
          <td class="n">{{ percent(box.posterior) }}<small>{{ Math.round(box.snr_db) }} dB</small></td>
          <td class="n">{{ Math.round(100 * box.trust) }} %</td></tr>
        <tr><td colspan="4"><span v-if="box.distance_m !== null">{{ number(box.distance_m) }} m away, </span>{{ remarks(box) }}<span v-if="!box.believed" class="doubt" data-why>. Not believed, {{ box.why }}</span></td></tr>
      </tbody>
    </table>
    <p v-if="incident.shots.more" class="muted" data-more-boxes>{{ incident.shots.more }} more {{ incident.shots.more === 1 ? "box" : "boxes" }} heard it, farther away.</p>
  </div>`,
};
