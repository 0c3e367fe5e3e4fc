// Hits of one plate, and shots at one place within minutes, joined to one card: each keeps its own verdict.
//
// Rules:
// - Joined is what names the same plate on the same list. Where the plate is not shown nothing is joined: that two alerts are one
//   vehicle says more than a role without plates may know. Which shots belong together: shot_groups.js.
// - A card shows one of its alerts, called its hits below: the chosen one, else the newest that waits for a verdict, else the newest. What waits is never
//   hidden behind what is judged.

import { clockTime, percent } from "./format.js";

/**
 * Alerts as cards, in the order of their first alerts.
 * @param {ShotGroups} groups of the board; `open` is the id of the alert whose card is open
 * @returns {{key: string, hits: object[]}[]} with the newest hit first
 */
export function joined(incidents, groups, open) {
  const cards = new Map();
  groups.take(incidents, open);
  for (const incident of incidents) {
    const { hit, id } = incident;
    const key = hit?.plate ? `${hit.list} ${hit.plate}` : groups.keyOf(id) ?? id;
    if (!cards.has(key)) cards.set(key, { key, hits: [] });
    cards.get(key).hits.push(incident);
  }
  for (const { hits } of cards.values()) hits.sort((a, b) => b.raised_at - a.raised_at || (a.id < b.id ? 1 : -1));
  return [...cards.values()];
}

/** Whether one of a card's hits is the one with this id. */
export const holds = (card, id) => card.hits.some((one) => one.id === id);

/** The hit that a card shows while `open` is the id of the chosen alert. */
export function shownOf(hits, open) {
  return hits.find((one) => one.id === open) ?? hits.find((one) => !one.verdict) ?? hits[0];
}

const noun = (hits) => (hits[0].shots ? "incidents" : "hits");

/** "3 hits since 14:02:11, 2 to judge". */
export const RepeatsHead = {
  props: { hits: Array, now: Number },
  setup: () => ({ clockTime, noun, waiting: (hits) => hits.filter((one) => !one.verdict).length }),
  template: `
  <span class="repeats" data-repeats><b>{{ hits.length }} {{ noun(hits) }}</b> since <time>{{ clockTime(hits.at(-1).raised_at, now) }}</time><template
    v-if="waiting(hits) && waiting(hits) < hits.length">, {{ waiting(hits) }} to judge</template></span>`,
};

/** All hits of a card, one of which is looked at: arrow keys choose. */
export const RepeatsChoice = {
  props: { hits: Array, chosen: String, now: Number },
  emits: ["select"],
  setup: () => ({ clockTime, noun, percent }),
  template: `
  <fieldset class="repeats-choice" data-hits>
    <legend>{{ hits.length }} {{ noun(hits) }}, newest first. Each has its own verdict.</legend>
    <div><label v-for="one in hits" :key="one.id" :class="{ chosen: one.id === chosen }">
      <input type="radio" name="hit-of-card" :checked="one.id === chosen" @change="$emit('select', one.id)" :data-hit="one.id" />
      <span class="repeats-place"><time>{{ clockTime(one.raised_at, now) }}</time> {{ one.device_label }}</span>
      <span>{{ percent(one.hit?.posterior ?? one.probability) }}<span class="muted" data-hit-state> · {{ one.verdict ? one.verdict.state : "to judge" }}</span></span></label></div>
  </fieldset>`,
};
