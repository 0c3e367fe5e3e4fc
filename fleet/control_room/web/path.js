// All hits of a hit's plate: asked for with a reason, shown as a list and on the map, and kept up with while the card is open.
//
// Rules:
// - Whoever asks says why. What is older than the policy's free days is shown with a prosecutor's written decision alone, whose
//   reference is asked for here; the manager checks again, and records both with the name.
// - A further hit of the plate is fetched with the same reason: the manager records every showing. It keeps a hit a moment after
//   the alert has come, so that it is asked again a few times.
// - On the map a path grows only as long as it is the one that was drawn here, and nobody has taken it away.

import { computed, nextTick, onBeforeUnmount, reactive, ref, shallowRef, watch } from "vue";
import { fetchPath } from "./actions.js";
import { clockTime, dateTime } from "./format.js";

const FIRST_MS = 1000; // the manager keeps a hit within half a second, if nothing else is to be done
const TRIES = 5; // each after twice the time
const DAY_MS = 86_400_000;

export const HitPath = {
  props: { incident: Object, board: Object, facts: Object, old: Boolean }, // old: the hit itself needs a decision
  setup(props) {
    const path = shallowRef(null);
    const form = reactive({ asking: false, reason: "", older: false, decision: "", busy: false, error: "" });
    const reasonInput = ref(null);
    const decisionInput = ref(null);
    const toggle = ref(null);
    const far = computed(() => props.old || form.older);
    const plate = computed(() => `${props.incident.hit.list} ${props.incident.hit.plate}`);
    const alerts = computed(() => {
      const { list, plate: read } = props.incident.hit;
      return [...props.board.incidents.values()].filter(({ hit }) => hit && hit.plate === read && hit.list === list);
    });
    const recent = computed(() => alerts.value.filter((one) => one.raised_at > props.board.now.value - DAY_MS * props.facts?.free_days));
    const count = computed(() => Math.max(props.facts?.hits ?? 0, recent.value.length)); // some may have come since
    let asked = null; // what the path was asked with
    let drawn = null; // what was put on the map
    let timer = null;
    const before = new Set(); // alerts that were there when the path was asked for
    const late = computed(() => {
      const shown = new Set(path.value?.sightings.map((one) => one.incident));
      return path.value ? alerts.value.map((one) => one.id).filter((id) => !before.has(id) && !shown.has(id)) : [];
    });

    function ask() {
      Object.assign(form, { asking: true, error: "" });
      nextTick(() => reasonInput.value?.focus());
    }
    function back() {
      form.asking = false;
      nextTick(() => toggle.value?.focus());
    }
    function draw(value) {
      path.value = value;
      if (drawn && props.board.path.value !== drawn) return; // taken from the map, or another one stands there
      drawn = props.board.path.value = { plate: props.incident.hit.plate, sightings: value.sightings };
    }
    async function show() {
      if (far.value && !form.decision.trim()) {
        form.error = "Give the reference of the prosecutor's written decision: without one nothing older is shown.";
        decisionInput.value?.focus();
        return;
      }
      const wanted = [props.incident.id, form.reason.trim(), far.value ? form.decision.trim() : ""];
      const there = alerts.value.map((one) => one.id);
      form.busy = true;
      const { value, error } = await fetchPath(...wanted);
      Object.assign(form, { busy: false, error: error ?? "" });
      if (!value) return;
      asked = wanted;
      for (const id of there) before.add(id);
      form.asking = false;
      drawn = null;
      draw(value);
    }
    async function follow(tries) {
      const wanted = asked;
      const { value, error } = await fetchPath(...wanted);
      if (wanted !== asked) return; // closed, or asked anew
      form.error = error ?? "";
      if (value) draw(value);
      plan(tries + 1);
    }
    function plan(tries) {
      clearTimeout(timer);
      if (late.value.length && tries < TRIES) timer = setTimeout(() => follow(tries), FIRST_MS * 2 ** tries);
    }
    function end() {
      clearTimeout(timer);
      if (drawn && props.board.path.value === drawn) props.board.path.value = { ...drawn, until: props.board.now.value };
      asked = drawn = path.value = null;
      before.clear();
    }
    watch(() => late.value.join(" "), (ids, known) => { if (ids.length > known.length) plan(0); });
    watch(plate, end); // another hit of the same plate has the same path
    onBeforeUnmount(end);
    const label = (name) => props.board.devices.get(name)?.label ?? name;
    return { path, form, reasonInput, decisionInput, toggle, far, count, late, ask, back, show, label, clockTime, dateTime };
  },
  template: `
  <div data-hit-path>
    <ol v-if="path" class="path-list" data-path><li v-for="(one, index) in path.sightings" :key="one.event"><b>{{ index + 1 }}</b> <time :title="dateTime(one.at)">{{ clockTime(one.at, board.now.value) }}</time> {{ label(one.device) }}<span v-if="!one.synchronised" class="doubt"> clock not set</span></li></ol>
    <p v-if="path && path.more" class="muted">Only the newest are shown.</p>
    <p v-if="late.length" class="doubt" data-path-late>{{ late.length === 1 ? "One hit has come that is" : late.length + " hits have come that are" }} not on the path yet.</p>
    <form v-if="form.asking" class="reason" @submit.prevent="show" @keydown.esc.stop="back">
      <label :for="'path-' + incident.id">Why is the path needed? It is recorded with your name, and again with every further hit while this card is open.</label>
      <input :id="'path-' + incident.id" ref="reasonInput" v-model="form.reason" maxlength="300" autocomplete="off" data-path-reason />
      <label v-if="facts && facts.decision" class="tick"><input v-model="form.older" type="checkbox" data-path-older /> Show what is older than {{ facts.free_days }} days too</label>
      <template v-if="far">
        <label :for="'decision-' + incident.id">Reference of the prosecutor's written decision. It is recorded with the reason.</label>
        <input :id="'decision-' + incident.id" ref="decisionInput" v-model="form.decision" maxlength="80" autocomplete="off" aria-required="true" data-path-decision />
      </template>
      <div class="buttons"><button type="submit" :disabled="form.busy" data-path-give>Show the path</button><button type="button" class="plain" @click="back">Back</button></div>
    </form>
    <button v-else-if="old && !path" ref="toggle" type="button" class="plain change" @click="ask" data-path-ask>Show its path with a prosecutor's decision…</button>
    <button v-else-if="facts && !path && (count > 1 || facts.decision)" ref="toggle" type="button" class="plain change" @click="ask" data-path-ask>{{ count }} {{ count === 1 ? "hit" : "hits" }} of this plate in {{ facts.free_days }} days: show its path…</button>
    <p v-if="form.error" class="error" role="alert" data-path-error>{{ form.error }}</p>
  </div>`,
};
