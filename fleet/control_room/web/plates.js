// Questions about plates: where one was read, or what was read at boxes in a time, for a purpose and with a reason.
//
// Rules:
// - Each press of the button is one question, which the manager records with name, purpose and reason; nothing is asked by itself.
// - What is older than a purpose's free days is asked for with a prosecutor's written decision, where the purpose opens it at all.
// - A plate stands in no address, and what was answered is kept on no page but this one.

import { computed, nextTick, onBeforeUnmount, reactive, ref, shallowRef } from "vue";
import { askPlates, fetchPlan, fetchPurposes } from "./actions.js";
import { openBoard } from "./board.js";
import { clockTime, dateTime, percent } from "./format.js";
import { CityMap } from "./map.js";
import { RoomFrame } from "./page.js";

const DAY_MS = 86_400_000;

/** A field of a date and a time on this desk's clock, as ms; null while it is empty. */
const moment = (text) => (text ? new Date(text).getTime() : null);

/** "red car", as far as it is known. */
const vehicle = (one) => [one.colour, one.kind].filter((word) => word !== "unknown").join(" ");

export const PlatesView = {
  components: { CityMap, RoomFrame },
  props: { fleet: String, account: Object },
  setup() {
    const board = openBoard("/room/live");
    const plan = shallowRef(undefined);
    const purposes = shallowRef([]);
    const form = reactive({ about: "plate", plate: "", boxes: [], purpose: "", since: "", until: "", reason: "", older: false, decision: "" });
    const state = reactive({ busy: false, error: "", field: "" });
    const answer = shallowRef(null); // what was asked, when, and what was found
    const head = ref(null);
    fetchPlan().then((value) => (plan.value = value));
    fetchPurposes().then(({ value, error }) => {
      purposes.value = value ?? [];
      state.error = error ?? "";
    });
    onBeforeUnmount(board.close);

    const purpose = computed(() => purposes.value.find((one) => one.name === form.purpose) ?? null);
    const earliest = computed(() => board.now.value - (purpose.value?.free_days ?? 0) * DAY_MS);
    const reaches = computed(() => form.since !== "" && moment(form.since) < earliest.value);
    const far = computed(() => Boolean(purpose.value?.decision) && (form.older || reaches.value));
    const devices = computed(() => [...board.devices.values()].sort((a, b) => a.label.localeCompare(b.label)));

    /** The first thing that is missing: its field, and what to do. */
    function lacking() {
      if (form.about === "plate" && !form.plate.trim()) return ["plate", "Give the plate."];
      if (form.about === "boxes" && !form.boxes.length) return ["boxes", "Choose one box or more."];
      if (!form.purpose) return ["purpose", "Choose the purpose for which this is asked."];
      if (form.about === "boxes" && !form.since) return ["since", "Say from when on: of boxes a time is asked for."];
      if (form.about === "boxes" && !form.until) return ["until", "Say until when: of boxes a time is asked for."];
      if (form.since && form.until && moment(form.since) >= moment(form.until)) return ["until", "The time ends before it begins."];
      if (reaches.value && !purpose.value.decision) return ["since", `What is older than ${purpose.value.free_days} days is not shown for this purpose: begin later.`];
      if (far.value && !form.decision.trim()) return ["decision", "Give the reference of the prosecutor's written decision: without one nothing older is shown."];
      if (!form.reason.trim()) return ["reason", "Give the reason: the number of the case, or what happened."];
      return null;
    }
    function say(field, error) {
      Object.assign(state, { field, error });
      nextTick(() => document.getElementById(`ask-${field}`)?.focus());
    }
    async function ask() {
      const missing = lacking();
      if (missing) return say(...missing);
      const wanted = { purpose: form.purpose, reason: form.reason.trim(), decision: far.value ? form.decision.trim() : "", since: moment(form.since), until: moment(form.until) };
      const about = form.about === "plate" ? form.plate.trim().toUpperCase() : "";
      Object.assign(wanted, about ? { plate: about } : { devices: [...form.boxes] });
      Object.assign(state, { busy: true, error: "", field: "" });
      const { value, error } = await askPlates(wanted);
      Object.assign(state, { busy: false, error: error ?? "" });
      if (!value) return undefined;
      const once = new Map(); // of a hit that was told again, the last word
      for (const one of [...value.sightings].reverse()) once.set(one.incident ?? one.event, one);
      const found = [...once.values()].sort((a, b) => b.at - a.at);
      answer.value = { about, boxes: form.boxes.length, label: purpose.value.label, at: board.now.value, found, more: value.more };
      board.path.value = about && found.length ? { plate: about, sightings: [...found].reverse(), word: "sighting" } : null;
      nextTick(() => head.value?.focus());
      return undefined;
    }
    const label = (name) => board.devices.get(name)?.label ?? name;
    return { board, plan, purposes, form, state, answer, head, purpose, far, devices, ask, label, vehicle, clockTime, dateTime, percent };
  },
  template: `
  <RoomFrame :board="board" view="plates" :fleet="fleet" :account="account">
    <main class="ask-grid">
      <section class="panel" aria-label="A question about plates"><h2>Ask about plates</h2>
        <form class="scroll ask" @submit.prevent="ask" data-ask>
          <p class="muted">Each question is recorded with your name, its purpose and its reason.</p>
          <fieldset><legend>What</legend>
            <label class="tick"><input v-model="form.about" type="radio" value="plate" data-about="plate" /> Where a plate was read</label>
            <label class="tick"><input v-model="form.about" type="radio" value="boxes" data-about="boxes" /> What was read at boxes in a time</label>
            <template v-if="form.about === 'plate'"><label for="ask-plate">Plate, as it is written</label>
              <input id="ask-plate" v-model="form.plate" maxlength="96" autocomplete="off" autocapitalize="characters" spellcheck="false" class="plate-field" :aria-invalid="state.field === 'plate'" /></template>
            <template v-else><label for="ask-boxes">Boxes: several with <kbd>Ctrl</kbd></label>
              <select id="ask-boxes" v-model="form.boxes" multiple size="7" :aria-invalid="state.field === 'boxes'"><option v-for="one in devices" :key="one.id" :value="one.id">{{ one.label }}</option></select></template>
          </fieldset>
          <label for="ask-purpose">Purpose</label>
          <select id="ask-purpose" v-model="form.purpose" :aria-invalid="state.field === 'purpose'"><option value="" disabled>choose one</option><option v-for="one in purposes" :key="one.name" :value="one.name">{{ one.label }}</option></select>
          <p v-if="purpose" class="muted" data-purpose-words>{{ purpose.reference }}. {{ purpose.pseudonyms ? "Plates on no list can be asked for while their keys live." : "Hits on lists of this purpose." }} Shown are the last {{ purpose.free_days }} days{{ purpose.decision ? ", older ones with a prosecutor's decision" : "" }}.</p>
          <div class="ask-times"><span><label for="ask-since">From</label><input id="ask-since" v-model="form.since" type="datetime-local" :aria-invalid="state.field === 'since'" /></span>
            <span><label for="ask-until">Until</label><input id="ask-until" v-model="form.until" type="datetime-local" :aria-invalid="state.field === 'until'" /></span></div>
          <label v-if="purpose && purpose.decision && !form.since" class="tick"><input v-model="form.older" type="checkbox" data-ask-older /> Show what is older than {{ purpose.free_days }} days too</label>
          <template v-if="far"><label for="ask-decision">Reference of the prosecutor's written decision</label>
            <input id="ask-decision" v-model="form.decision" maxlength="80" autocomplete="off" :aria-invalid="state.field === 'decision'" /></template>
          <label for="ask-reason">Reason: the number of the case, or what happened</label>
          <input id="ask-reason" v-model="form.reason" maxlength="300" autocomplete="off" :aria-invalid="state.field === 'reason'" />
          <p v-if="state.error" class="error" role="alert" data-ask-error>{{ state.error }}</p>
          <div class="buttons"><button type="submit" :disabled="state.busy" data-ask-give>{{ state.busy ? "Asking…" : "Ask" }}</button></div>
        </form>
      </section>
      <div class="ask-answer">
        <CityMap v-if="plan !== undefined" :board="board" :plan="plan" />
        <section v-else class="panel map"></section>
        <section class="panel" aria-label="The answer"><h2 ref="head" tabindex="-1" data-answer-head><template v-if="answer">{{ answer.found.length }} {{ answer.found.length === 1 ? "sighting" : "sightings" }} of <b v-if="answer.about" class="plate">{{ answer.about }}</b><template v-else>{{ answer.boxes }} {{ answer.boxes === 1 ? "box" : "boxes" }}</template> <span class="muted">{{ answer.label }}, asked {{ clockTime(answer.at, board.now.value) }}</span></template><template v-else>Answer</template></h2>
          <div class="scroll"><table v-if="answer && answer.found.length" class="device-table audit-table"><thead><tr><th>time</th><th>box</th><th>camera</th><th>plate</th><th>list</th><th class="n">posterior</th><th>vehicle</th><th>direction</th></tr></thead>
            <tbody><tr v-for="one in answer.found" :key="one.event" :data-sighting="one.event"><td>{{ dateTime(one.at) }}<span v-if="!one.synchronised" class="doubt"> clock not set</span></td><td>{{ label(one.device) }}</td><td>{{ one.source }}</td><td><b v-if="one.plate" class="plate">{{ one.plate }}</b><span v-else class="muted">under a pseudonym</span></td><td>{{ one.list ?? "" }}</td><td class="n">{{ percent(one.posterior) }}</td><td>{{ vehicle(one) }}</td><td>{{ one.direction }}</td></tr></tbody></table>
            <p v-else class="empty">{{ answer ? "Nothing was found; the question is recorded." : "Nothing was asked yet." }}</p>
            <p v-if="answer && answer.more" class="muted pad" data-answer-more>Only the newest are shown: ask for a shorter time.</p></div>
        </section>
      </div>
    </main>
  </RoomFrame>`,
};
