// What the pages of one thing share: the frame around them, and what they show, read again and again while they are open.

import { onBeforeUnmount, ref, shallowRef } from "vue";
import { openBoard } from "./board.js";
import { LostLine, RoomHeader } from "./header.js";
import { HeldLine } from "./held.js";

/** The bar on top, the word for a lost line and for alerts that are held, around what a page shows. */
export const RoomFrame = {
  components: { HeldLine, LostLine, RoomHeader },
  props: { board: Object, view: String, fleet: String, account: Object },
  template: `
  <div class="room" :class="'link-' + board.link.state" :data-link-state="board.link.state">
    <RoomHeader :board="board" :view="view" :fleet="fleet" :account="account" />
    <LostLine :board="board" />
    <HeldLine :board="board" :account="account" />
    <slot />
  </div>`,
};

/**
 * A page's board, and what `fetch` answers: what was read last stands while the manager refuses, beside why it does.
 * @returns `load` reads now; `ready` is the first reading.
 */
export function useFound(fetch, everyMs) {
  const board = openBoard("/room/live");
  const found = shallowRef(null);
  const error = ref("");
  async function load() {
    const answer = await fetch();
    error.value = answer.error ?? "";
    if (answer.value) found.value = Object.freeze(answer.value);
  }
  const timer = setInterval(load, everyMs);
  onBeforeUnmount(() => {
    clearInterval(timer);
    board.close();
  });
  return { board, found, error, load, ready: load() };
}
