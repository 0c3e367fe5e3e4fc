// Hits of one plate, joined to one card: each keeps its own verdict.
//
// Rules:
// - Joined is what names the same plate on the same list. Where the plate is not shown nothing is joined: that two alerts are one
//   vehicle says more than a role without plates may know.
// - A card shows one of its hits: the chosen one, else the newest that waits for a verdict, else the newest. What waits is never
//   hidden behind what is judged.

import { clockTime, percent } from "./format.js";

/** Alerts as cards, in the order of their first alerts. @returns {{key: string, hits: object[]}[]} with the newest hit first */
export function joined(incidents) {
  const cards = new Map();
  for (const incident of incidents) {
    const { hit, id } = incident;
    const key = hit?.plate ? `${hit.list} ${hit.plate}` : id;
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

/** "3 hits since 14:02:11, 2 to judge". */
export const RepeatsHead = {
  props: { hits: Array, now: Number },
  setup: () => ({ clockTime, waiting: (hits) => hits.filter((one) => !one.verdict).length }),
  template: `
  <span class="repeats" data-repeats><b>{{ hits.length }} hits</b> since <time>{{ clockTime(hits.at(-1).raised_at, now) }}</time><template
    v-if="waiting(hits) && waiting(hits) < hits.length">, {{ waiting(hits) }} to judge</template></span>`,
};

/** All hits of a card, one of which is looked at: arrow keys choose. */
export const RepeatsChoice = {
  props: { hits: Array, chosen: String, now: Number },
  emits: ["select"],
  setup: () => ({ clockTime, percent }),
  template: `
  <fieldset class="repeats-choice" data-hits>
    <legend>{{ hits.length }} hits, newest first. Each has its own verdict.</legend>
    <div><label v-for="one in hits" :key="one.id" :class="{ chosen: one.id === chosen }">
      <input type="radio" name="hit-of-card" :checked="one.id === chosen" @change="$emit('select', one.id)" :data-hit="one.id" />
      <span class="repeats-place"><time>{{ clockTime(one.raised_at, now) }}</time> {{ one.device_label }}</span>
      <span>{{ percent(one.hit.posterior) }}<span class="muted" data-hit-state> · {{ one.verdict ? one.verdict.state : "to judge" }}</span></span></label></div>
  </fieldset>`,
};
