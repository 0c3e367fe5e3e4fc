// The tail of events as they are stored: it can be held, filtered by type and box, and each opens as it was stored.
//
// Rules: few rows while it moves, many when it is held; rare types keep their own tail (see board.js), so that a flood of counts cannot push an
// alert out of a filter's sight. Held means held: nothing moves until a person lets it go.

import { computed, nextTick, ref, shallowRef } from "vue";
import { clockTime, dateTime, duration_ms } from "./format.js";
import { fetchEvent } from "./actions.js";

const LIVE_ROWS = 40; // what is seen before it moves; each costs paint at every tick
const HELD_ROWS = 400;

export const EventDialog = {
  setup(_, { expose }) {
    const dialog = ref(null);
    const event = shallowRef(null);
    const error = ref("");
    async function show(row) {
      event.value = null;
      error.value = "";
      if (!dialog.value.open) dialog.value.showModal();
      const answer = await fetchEvent(row);
      error.value = answer.error ?? "";
      event.value = answer.value ?? null;
    }
    expose({ show });
    const json = (value) => JSON.stringify(value, null, 2);
    const rest = computed(() => {
      if (!event.value) return {};
      const { observed: _o, assessed: _a, ...others } = event.value.body ?? {};
      return { ...event.value, body: others };
    });
    return { dialog, event, error, json, rest };
  },
  template: `
  <dialog ref="dialog" class="event-dialog" aria-label="One event" @click.self="dialog.close()" data-event-dialog>
    <div class="dialog-head"><h2>{{ event ? event.type : "Event" }}</h2><button type="button" class="plain" autofocus @click="dialog.close()">Close <kbd>Esc</kbd></button></div>
    <p v-if="error" class="error" role="alert">{{ error }}</p>
    <div v-if="event" class="dialog-body">
      <section class="observed"><h3>Observed <small>what was measured</small></h3><pre data-observed>{{ json(event.body?.observed ?? null) }}</pre></section>
      <section class="assessed"><h3>Assessed <small>what the software thinks of it</small></h3><pre data-assessed-json>{{ event.body?.assessed ? json(event.body.assessed) : "nothing" }}</pre></section>
      <section class="rest"><h3>Where, when, with what</h3><pre data-rest>{{ json(rest) }}</pre></section>
    </div>
  </dialog>`,
};

export const EventStream = {
  components: { EventDialog },
  props: { board: Object, device: { type: String, default: null }, earlier: { type: Array, default: () => [] } },
  setup(props) {
    const board = props.board;
    const type = ref("");
    const box = ref("");
    const heldRows = shallowRef(null);
    const heldAt = ref(0);
    const dialog = ref(null);

    // What the store had of this box before the page opened, then what came over the line.
    const tail = computed(() => {
      if (!props.earlier.length) return board.tail.value;
      const known = new Map(props.earlier.map((row) => [row.n, row]));
      for (const row of board.tail.value) if (row.device === props.device) known.set(row.n, row);
      return [...known.values()].sort((a, b) => b.n - a.n);
    });
    const types = computed(() => [...new Set(tail.value.map((row) => row.type))].sort());
    const rows = computed(() => {
      const wanted = box.value.trim().toLowerCase();
      const limit = heldRows.value ? HELD_ROWS : LIVE_ROWS;
      const result = [];
      for (const row of heldRows.value ?? tail.value) {
        if (type.value && row.type !== type.value) continue;
        if (props.device && row.device !== props.device) continue;
        if (wanted && !row.device.includes(wanted) && !row.device_label.toLowerCase().includes(wanted)) continue;
        result.push(row);
        if (result.length === limit) break;
      }
      return result;
    });
    const missed = computed(() => (heldRows.value ? board.heard.value - heldAt.value : 0));
    function hold() {
      heldRows.value = heldRows.value ? null : tail.value;
      heldAt.value = board.heard.value;
    }
    function show(row) {
      nextTick(() => dialog.value.show(row.n));
    }
    return { board, type, box, types, rows, missed, hold, heldRows, show, dialog, clockTime, dateTime, duration_ms };
  },
  template: `
  <section class="panel stream" aria-label="Live events">
    <h2>Events <span v-if="heldRows" class="count held" data-held>held, {{ missed }} more</span>
      <span class="tools">
        <select v-model="type" aria-label="Type of event" data-filter-type><option value="">all types</option><option v-for="t in types" :key="t">{{ t }}</option></select>
        <input v-if="!device" v-model="box" type="search" placeholder="box" aria-label="Name of a box" data-filter-device />
        <button type="button" class="plain" :aria-pressed="heldRows ? 'true' : 'false'" @click="hold" data-hold>{{ heldRows ? "Let go" : "Hold" }}</button>
      </span></h2>
    <div class="scroll">
      <p v-if="!rows.length" class="empty">{{ type || box ? "No event fits." : "No event has come yet." }}</p>
      <ol class="event-list">
        <li v-for="row in rows" :key="row.n" :class="['t-' + row.type.split('.')[1], row.phase ? 'ph-' + row.phase : '']">
          <button type="button" @click="show(row)" :data-event="row.id" :title="dateTime(row.time) + ', ' + (row.lag_ms === null ? 'its clock is not set' : duration_ms(row.lag_ms) + ' on the way')">
            <time>{{ clockTime(row.time) }}</time><span class="event-type">{{ row.type.slice(row.type.indexOf(".") + 1) }}</span><span class="event-text">{{ row.text }}</span><span class="event-box">{{ row.device_label }}</span>
          </button>
        </li>
      </ol>
    </div>
    <EventDialog ref="dialog" />
  </section>`,
};
