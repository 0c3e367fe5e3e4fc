// Alerts of shots held to high confidence, as on New Year's Eve: the word for it on every page, who may switch it on, and off.
//
// Rules:
// - While it is on every page says so, with who, why, until when, and what it costs; nobody looks at a quiet list and takes the
//   city for quiet.
// - Both ways need a reason, and it ends by itself.

import { computed, nextTick, reactive, ref } from "vue";
import { holdAlerts, releaseAlerts } from "./actions.js";
import { clockTime, day, dateTime } from "./format.js";

const USUAL_MS = 8 * 3600 * 1000;
const HOUR_MS = 3600 * 1000;

/** A time on this desk's clock as a field of date and time has it. */
const field = (ms) => `${day(ms)}T${clockTime(ms).slice(0, 5)}`;

/** A form that asks for a reason before it sends; `send` answers {value} or {error}. */
function useReason(send) {
  const form = reactive({ asking: false, reason: "", until: "", busy: false, error: "" });
  const toggle = ref(null);
  const reasonInput = ref(null);
  function ask() {
    Object.assign(form, { asking: true, reason: "", error: "" });
    nextTick(() => reasonInput.value?.focus());
  }
  function back() {
    form.asking = false;
    nextTick(() => toggle.value?.focus());
  }
  async function give() {
    if (!form.reason.trim()) {
      form.error = "Say why: it is recorded with your name.";
      reasonInput.value?.focus();
      return;
    }
    form.busy = true;
    const { error } = await send(form);
    Object.assign(form, { busy: false, error: error ?? "", asking: Boolean(error) });
  }
  return { form, toggle, reasonInput, ask, back, give };
}

/** What is said on top of every page while it is on. */
export const HeldLine = {
  props: { board: Object, account: Object },
  setup(props) {
    const held = computed(() => {
      const found = props.board.totals.value.held;
      return found && found.until > props.board.now.value ? found : null;
    });
    return { held, board: props.board, clockTime, dateTime, ...useReason((form) => releaseAlerts(form.reason.trim())) };
  },
  template: `
  <section v-if="held" class="held-line" aria-label="Alerts of shots are held to high confidence" data-alerts-held>
    <p role="status"><b>Alerts of shots are held to high confidence until {{ clockTime(held.until, board.now.value) }}.</b>
      Fewer false alerts come, and more real shots are missed: other reports of shots count for more.
      <span class="held-who">{{ held.by }}, {{ clockTime(held.since, board.now.value) }}: <q>{{ held.reason }}</q></span></p>
    <form v-if="form.asking" class="held-form" @submit.prevent="give" @keydown.esc.stop="back">
      <label for="release-reason">Why does it end now?</label>
      <input id="release-reason" ref="reasonInput" v-model="form.reason" maxlength="300" autocomplete="off" data-release-reason />
      <button type="submit" :disabled="form.busy" data-release-give>End it</button><button type="button" class="plain" @click="back">Back</button>
      <p v-if="form.error" class="error" role="alert" data-release-error>{{ form.error }}</p>
    </form>
    <button v-else-if="account && account.may_hold" ref="toggle" type="button" @click="ask" data-release>End it…</button>
  </section>`,
};

/** At the foot of the list of alerts while it is off. */
export const HoldForm = {
  props: { board: Object },
  setup(props) {
    const off = computed(() => !(props.board.totals.value.held?.until > props.board.now.value));
    const found = useReason((form) => holdAlerts(form.reason.trim(), new Date(form.until).getTime()));
    function begin() {
      found.form.until = field(Math.ceil((props.board.now.value + USUAL_MS) / HOUR_MS) * HOUR_MS);
      found.ask();
    }
    function give() {
      if (new Date(found.form.until).getTime() > props.board.now.value) return found.give();
      found.form.error = "Say until when: a time that is still to come.";
      return undefined;
    }
    return { off, ...found, ask: begin, give };
  },
  template: `
  <div v-if="off" class="hold-foot">
    <form v-if="form.asking" class="reason" @submit.prevent="give" @keydown.esc.stop="back" data-hold-form>
      <p>Alerts of shots are told only with more evidence than on other days: fewer false alerts, and more real shots are missed. Every page says so while it is on.</p>
      <label for="hold-reason">Why? It is recorded with your name.</label>
      <input id="hold-reason" ref="reasonInput" v-model="form.reason" maxlength="300" autocomplete="off" data-hold-reason />
      <label for="hold-until">Until</label>
      <input id="hold-until" v-model="form.until" type="datetime-local" data-hold-until />
      <div class="buttons"><button type="submit" :disabled="form.busy" data-hold-give>Hold them</button><button type="button" class="plain" @click="back">Back</button></div>
      <p v-if="form.error" class="error" role="alert" data-hold-error>{{ form.error }}</p>
    </form>
    <button v-else ref="toggle" type="button" class="plain" @click="ask" data-hold-alerts>Hold alerts of shots to high confidence…</button>
  </div>`,
};
