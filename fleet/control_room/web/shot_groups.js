// Incidents of shots that belong on one card: at one place within minutes, as on New Year's Eve. Each keeps its own verdict.
//
// Rules:
// - Two are at one place where the most probable place of one lies in the 90% ellipse of the other. What has no place joins what the
//   very same boxes heard without one.
// - An echo, and what turned out to be part of another, stands with that one.
// - Whoever has joined stays while nothing more is said of it; what was said anew is put where it belongs then, unless its card is
//   open: nothing moves under a person's hands.

import { offset } from "./shot_region.js";

const TOGETHER_MS = 5 * 60 * 1000;
const MOST_KNOWN = 2000;

/** Whether a place lies in an ellipse, both in degrees. */
export function lies(place, region) {
  const [lat, lon] = offset(region, 1, 1); // a metre, in degrees
  const east = (place.lon - region.lon) / (lon - region.lon);
  const north = (place.lat - region.lat) / (lat - region.lat);
  const turn = (region.orientation_deg * Math.PI) / 180;
  const along = east * Math.sin(turn) + north * Math.cos(turn);
  const across = east * Math.cos(turn) - north * Math.sin(turn);
  return (along / region.major_m) ** 2 + (across / region.minor_m) ** 2 <= 1;
}

function atOnePlace(a, b) {
  const [placeA, placeB] = [a.shots.places[0], b.shots.places[0]];
  if (placeA && placeB) return lies(placeA, b.shots.region) || lies(placeB, a.shots.region);
  const boxes = ({ shots }) => shots.boxes.map(({ device }) => device).sort().join(" ");
  return !placeA && !placeB && boxes(a) === boxes(b);
}

/** Which card each incident of shots stands on. */
export class ShotGroups {
  constructor() {
    this.known = new Map(); // incident id -> {incident, key}
    this.made = 0;
  }

  /**
   * Put incidents on cards.
   * @param {object[]} incidents of any kind; others are left alone
   * @param {string | null} open id of the one whose card is open
   */
  take(incidents, open) {
    const held = this.known.get(open)?.key;
    for (const incident of incidents.filter(({ shots }) => shots).sort((a, b) => a.raised_at - b.raised_at || (a.id < b.id ? -1 : 1))) {
      const before = this.known.get(incident.id);
      const stays = before && (before.incident.shots.row === incident.shots.row || before.key === held);
      this.known.delete(incident.id);
      this.known.set(incident.id, { incident, key: stays ? before.key : this.find(incident) });
    }
    for (const id of this.known.keys()) {
      if (this.known.size <= MOST_KNOWN) break;
      this.known.delete(id);
    }
  }

  keyOf(id) {
    return this.known.get(id)?.key;
  }

  find(incident) {
    const other = this.known.get(incident.shots.became ?? incident.shots.echo_of);
    if (other) return other.key;
    let best = null;
    for (const one of this.known.values()) {
      const apart = Math.abs(one.incident.raised_at - incident.raised_at);
      if (apart <= TOGETHER_MS && (!best || apart < best.apart) && atOnePlace(one.incident, incident)) best = { apart, key: one.key };
    }
    if (best) return best.key;
    this.made += 1;
    return `shots-${this.made}`;
  }
}
