// Alerts, one row per incident, hits of one plate and shots at one place in one row, and the operator's verdict.
//
// Rules:
// - An incident never leaves the list by itself: only a verdict moves it to the judged ones.
// - What still runs stands above what has ended; within each the order is by when an incident was raised, so that a row keeps its
//   place while its numbers change. A further hit of a plate brings its row to the top, unless the row is open.
// - While the pointer rests on the list nothing moves under it: newcomers wait behind a button on top, which shows how many, for
//   at most HOLD_MS.
// - Nothing is confirmed by accident: the keys work on the selected row only, and dismissing asks for a reason.

import { computed, nextTick, onBeforeUnmount, reactive, ref, shallowRef, watch } from "vue";
import { clockQuality, clockTime, dateTime, duration, interval, number, percent, plain, spread, stopwatch, withSpread } from "./format.js";
import { health, running, silence } from "./board.js";
import { CloneBody, CloneHead, HitBody, HitHead } from "./hits.js";
import { judge } from "./actions.js";
import { holds, joined, RepeatsChoice, RepeatsHead, shownOf } from "./repeats.js";
import { HoldForm } from "./held.js";
import { heardBy, ShotsBody, ShotsHead } from "./shots.js";

const HOLD_MS = 8000;
const JUDGED_SHOWN = 30;
const REASONS = ["Crowd is expected here", "Count is wrong", "Not people", "Test or maintenance"];
const HIT_REASONS = ["Plate was misread", "Another vehicle bears it", "No longer looked for", "Test or maintenance"];
const SHOT_REASONS = ["Fireworks", "Another bang", "Nothing found on the spot", "Test or maintenance"];
const CLONE_REASONS = ["Misreads", "Trailer or trade plate", "A camera's clock or place is wrong", "Test or maintenance"];

const PHASE = { new: "new", update: "running", end: "ended" };
const SHOTS_PHASE = { new: "new", update: "improved", end: "final" };

export const AlertCard = {
  components: { CloneBody, CloneHead, HitBody, HitHead, RepeatsChoice, RepeatsHead, ShotsBody, ShotsHead },
  props: { hits: Array, board: Object, chosen: String, account: Object }, // hits: one alert, or those of one card, see joined()
  emits: ["select", "judged"],
  setup(props, { emit }) {
    // asking: the decision that waits for its reason; changing: a verdict stands and another is wanted
    const form = reactive({ asking: "", changing: false, reason: "", busy: false, error: "" });
    const reasonInput = ref(null);
    const reasonForm = ref(null);
    const head = ref(null);
    const incident = computed(() => shownOf(props.hits, props.chosen));
    const open = computed(() => incident.value.id === props.chosen);
    const device = computed(() => props.board.devices.get(incident.value.device));
    const deviceHealth = computed(() => (device.value ? health(device.value, props.board.now.value) : "unknown"));
    const quiet = computed(() => device.value && ["stale", "offline"].includes(deviceHealth.value) && running(incident.value));
    const lasting = computed(() => {
      const one = incident.value;
      if (!running(one) || quiet.value) return one.duration_s;
      return Math.max(one.duration_s, one.duration_s + (props.board.now.value - one.heard_at) / 1000);
    });
    const tone = computed(() => (incident.value.verdict ? "judged" : pressing(incident.value) ? "burning" : "waiting"));
    const reasons = computed(() => {
      const { hit, clone, shots } = incident.value;
      return hit ? HIT_REASONS : clone ? CLONE_REASONS : shots ? SHOT_REASONS : REASONS;
    });
    const made = computed(() => Boolean(incident.value.clone || incident.value.shots)); // by the manager, of what several boxes said

    const clear = (error = "") => Object.assign(form, { asking: "", changing: false, reason: "", error });
    watch(() => incident.value.id, () => clear(), { flush: "sync" }); // what was typed about one hit is never said of another
    async function send(decision, reason) {
      const { id } = incident.value;
      form.busy = true;
      const { verdict, error } = await judge(id, decision, reason);
      form.busy = false;
      if (id === incident.value.id) {
        if (error) form.error = error;
        else clear();
      }
      if (!error) emit("judged", id, verdict);
    }
    function confirm() {
      if (form.busy) return;
      if (incident.value.verdict) ask("confirm");
      else send("confirm", "");
    }
    function ask(decision) {
      form.asking = decision;
      form.error = "";
      nextTick(() => {
        reasonForm.value?.scrollIntoView({ block: "nearest" });
        reasonInput.value?.focus();
      });
    }
    function give() {
      if (!form.reason.trim()) {
        form.error = form.asking === "dismiss" ? "A dismissal needs a reason." : "To change a verdict, say why.";
        reasonInput.value?.focus();
        return;
      }
      send(form.asking, form.reason.trim());
    }
    function back() {
      Object.assign(form, { asking: "", changing: false, error: "" });
      head.value?.focus();
    }
    return {
      incident, open, form, reasonInput, reasonForm, head, device, deviceHealth, quiet, lasting, tone, confirm, ask, give, back, made, heardBy,
      phases: computed(() => (incident.value.shots ? SHOTS_PHASE : PHASE)),
      clockQuality, clockTime, dateTime, duration, interval, number, percent, spread, stopwatch, withSpread, reasons, plain,
      age: computed(() => (device.value ? silence(device.value, props.board.now.value) : null)),
    };
  },
  template: `
  <li class="alert" :class="[tone, { open }]" :data-incident="incident.id" :data-phase="incident.phase">
    <button ref="head" class="alert-head" type="button" :aria-expanded="open" @click="$emit('select', incident.id)">
      <span class="alert-what">
        <span v-if="!incident.hit && !incident.clone" class="phase" :class="'p-' + incident.phase">{{ phases[incident.phase] }}</span>
        <span class="alert-title">{{ incident.title }}</span>
        <time class="alert-time" :title="dateTime(incident.raised_at)">{{ clockTime(incident.raised_at, board.now.value) }}</time>
      </span>
      <span class="alert-place">{{ incident.zone_label }}<span v-if="!incident.shots || heardBy(incident.shots)" class="muted"> · {{ incident.shots ? heardBy(incident.shots) : incident.device_label }}</span></span>
      <HitHead v-if="incident.hit" :hit="incident.hit" />
      <CloneHead v-else-if="incident.clone" :clone="incident.clone" />
      <ShotsHead v-else-if="incident.shots" :incident="incident" />
      <span v-else class="alert-figures">
        <template v-if="incident.density"><span class="people" :title="interval(incident.density)" data-density><b>{{ number(incident.density.v) }}</b> {{ spread(incident.density) }}</span> <small>/m²</small></template>
        <span class="people" :class="{ lesser: incident.density }" :title="interval(incident.people)" data-people><b>{{ number(incident.people.v) }}</b> {{ spread(incident.people) }}</span> <small v-if="incident.density">people</small>
        <template v-if="!incident.density"><span class="muted">peak</span> <span data-peak>{{ number(incident.peak) }}</span>
        <span class="muted">limit</span> <span>{{ number(incident.enter_at) }}</span></template>
        <span class="muted">for</span> <span data-duration>{{ stopwatch(lasting) }}</span>
        <span v-if="incident.moved" class="doubt beneath">camera moved</span>
      </span>
      <RepeatsHead v-if="hits.length > 1" :hits="hits" :now="board.now.value" />
      <span v-if="incident.verdict" class="verdict" :class="incident.verdict.state" data-verdict>
        <b>{{ incident.verdict.state }}</b> by {{ incident.verdict.by }}, <time>{{ clockTime(incident.verdict.at, board.now.value) }}</time>
        <q v-if="incident.verdict.reason">{{ incident.verdict.reason }}</q>
      </span>
      <span v-else-if="quiet" class="verdict quiet" data-quiet>
        {{ deviceHealth === "offline" ? "The box went offline" : "No word from the box" }} for {{ duration(age) }}: this may have changed.
      </span>
    </button>
    <div v-if="open" class="alert-body">
      <RepeatsChoice v-if="hits.length > 1" :hits="hits" :chosen="chosen" :now="board.now.value" @select="$emit('select', $event)" />
      <div class="why">
        <h4>Observed</h4>
        <HitBody v-if="incident.hit" :incident="incident" :board="board" :account="account" />
        <CloneBody v-else-if="incident.clone" :clone="incident.clone" :board="board" />
        <ShotsBody v-else-if="incident.shots" :incident="incident" :board="board" />
        <p v-else-if="incident.density" data-crush>{{ withSpread(incident.density) }} people per square metre in <em>{{ incident.zone_label }}</em>, {{ interval(incident.density) }}:
          {{ withSpread(incident.people) }} people. It is said of {{ number(incident.enter_at) }} people and more when they become closer and are held up, and ends below {{ number(incident.leave_at) }}. Highest {{ number(incident.peak) }}.</p>
        <p v-else>{{ withSpread(incident.people) }} people in <em>{{ incident.zone_label }}</em>, {{ interval(incident.people) }}. Above
          {{ number(incident.enter_at) }} it rings, below {{ number(incident.leave_at) }} it ends. Highest {{ number(incident.peak) }}.</p>
        <p v-if="(incident.trusted_to ?? null) !== null && incident.people && incident.people.v > incident.trusted_to" class="doubt" data-beyond>Trusted up to {{ number(incident.trusted_to) }} people: more hide one another, so that there may be more.</p>
        <p v-if="incident.moved" class="doubt" data-moved>The camera looks elsewhere than when the zone was drawn: these numbers are of another place. An end is no all-clear.</p>
        <h4>Assessed</h4>
        <p v-if="incident.probability !== null" data-assessed>{{ incident.what }}, probability {{ percent(incident.probability) }}, because</p>
        <p v-else class="muted">The software gave no assessment.</p>
        <ul v-if="incident.cues.length" class="cues">
          <li v-for="cue in incident.cues" :key="cue.name"><span>{{ cue.name }}</span><b>{{ cue.unit ? number(cue.value) : plain(cue.value) }}<small v-if="cue.unit">{{ cue.unit.replace("m2", "m²") }}</small></b></li>
        </ul>
        <h4>Model</h4>
        <p v-if="incident.model" data-model>{{ incident.model.name }} {{ incident.model.version }}, operating point {{ incident.model.operating_point }}
          <span class="muted mono" :title="incident.model.digest">{{ incident.model.digest.slice(0, 12) }}</span></p>
        <p v-else class="muted">{{ made ? "No model: the manager joined what several " + (incident.clone ? "cameras read." : "boxes heard.") : "The event names no model." }}</p>
        <p class="can" data-limits><b>Made for</b> {{ incident.can }} <b>Limits</b> {{ incident.cannot }}</p>
        <h4>Place and time</h4>
        <p>
          <template v-if="incident.shots">{{ incident.shots.places.length ? "Nearest box that heard it: " : "Heard by " }}</template><a :href="'/device/' + encodeURIComponent(incident.device)">{{ incident.device_label }}</a><template v-if="incident.sensor">, sensor {{ incident.sensor }}</template>
          <template v-if="incident.reference">, city video view <b>{{ incident.reference }}</b></template>
          <template v-if="incident.lat !== null">, {{ incident.lat.toFixed(5) }}, {{ incident.lon.toFixed(5) }}</template>
        </p>
        <p>Raised {{ dateTime(incident.raised_at) }}, last word of it {{ clockTime(incident.updated_at, board.now.value) }}<template v-if="incident.ended_at">, ended {{ clockTime(incident.ended_at, board.now.value) }}</template>.
          <span v-if="!made" :class="{ doubt: !incident.clock || !incident.clock.synchronised }" data-clock>{{ clockQuality(incident.clock) }}</span></p>
      </div>
      <div v-if="incident.verdict" class="decided" data-decided>
        {{ incident.verdict.state === "confirmed" ? "Confirmed" : "Dismissed" }} by <b>{{ incident.verdict.by }}</b> on {{ dateTime(incident.verdict.at) }}<template v-if="incident.verdict.reason">: {{ incident.verdict.reason }}</template>
      </div>
      <p v-if="!incident.verdict && (!account || !account.may_judge)" class="muted" data-may-not>{{ account && account.why_not_judge ? account.why_not_judge : "Your role may look, not judge." }}</p>
      <button v-if="incident.verdict && account && account.may_judge && !form.changing" type="button" class="plain change" @click="form.changing = true" data-change>Change the verdict…</button>
      <form v-if="form.asking && account && account.may_judge" ref="reasonForm" class="reason" @submit.prevent="give" @keydown.esc.stop="back">
        <label :for="'reason-' + incident.id">{{ form.asking === "dismiss" ? "Why is this dismissed?" : "Why is the verdict changed?" }}</label>
        <div v-if="form.asking === 'dismiss'" class="chips"><button v-for="text in reasons" :key="text" type="button" class="chip" @click="form.reason = text">{{ text }}</button></div>
        <input :id="'reason-' + incident.id" ref="reasonInput" v-model="form.reason" maxlength="300" autocomplete="off" data-reason />
        <div class="buttons">
          <button type="submit" :class="form.asking" :disabled="form.busy" data-give>{{ form.asking === "dismiss" ? "Dismiss" : "Confirm" }}</button>
          <button type="button" class="plain" @click="back">Back</button>
        </div>
      </form>
      <div v-else-if="account && account.may_judge && (!incident.verdict || form.changing)" class="buttons">
        <button type="button" class="confirm" :disabled="form.busy" @click="confirm" data-confirm>Confirm <kbd>c</kbd></button>
        <button type="button" class="dismiss" :disabled="form.busy" @click="ask('dismiss')" data-dismiss>Dismiss… <kbd>d</kbd></button>
      </div>
      <p v-if="form.error" class="error" role="alert" data-error>{{ form.error }}</p>
    </div>
  </li>`,
};

/** What wants an eye at once: what still runs, a vehicle that just went by, and shots. */
function pressing(incident) {
  return running(incident) || Boolean(incident.hit || incident.shots);
}

/**
 * Walk through the alerts of a page, judge the open one and close it, without a mouse.
 * @param {{value: string | null}} open the open one's id
 * @param {() => string[]} ids those that can be walked through, in their order
 * @param {(id: string) => void} select opens one, or closes it when it is open
 */
export function useAlertKeys(open, ids, select) {
  function step(by) {
    const list = ids();
    if (!list.length) return;
    const at = list.indexOf(open.value);
    const next = list[at < 0 ? 0 : Math.min(list.length - 1, Math.max(0, at + by))];
    if (next !== open.value) select(next);
    nextTick(() => {
      const card = document.querySelector(".alert.open");
      card?.scrollIntoView({ block: "nearest" });
      card?.querySelector(".alert-head").focus();
    });
  }
  function keys(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=radio]), textarea, select, dialog")) return;
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "c") document.querySelector(".alert.open [data-confirm]")?.click();
    else if (event.key === "d") document.querySelector(".alert.open [data-dismiss]")?.click();
    else if (event.key === "Escape" && open.value) {
      document.querySelector(".alert.open .alert-head")?.focus(); // what has the focus may be about to go
      select(open.value);
    } else return;
    event.preventDefault();
  }
  window.addEventListener("keydown", keys);
  onBeforeUnmount(() => window.removeEventListener("keydown", keys));
}

export const AlertList = {
  components: { AlertCard, HoldForm },
  props: { board: Object, account: Object },
  setup(props) {
    const { open } = props.board;
    const judgedShown = ref(JUDGED_SHOWN);
    const held = shallowRef(null); // ids in their order while the pointer rests on the list
    let moved = 0;

    const cardsOf = (incidents) => joined(incidents, props.board.groups, open.value);
    const newest = ref(Infinity); // when the newest hit of the open card was raised as it was opened
    const place = (card) => (holds(card, open.value) ? Math.min(newest.value, card.hits[0].raised_at) : card.hits[0].raised_at);
    const byUrgency = (a, b) => pressing(b.hits[0]) - pressing(a.hits[0]) || place(b) - place(a) || (a.key < b.key ? 1 : -1);
    const unjudged = computed(() =>
      cardsOf([...props.board.incidents.values()].filter((i) => !i.verdict)).sort(byUrgency).flatMap((card) => card.hits),
    );
    const judged = computed(() =>
      cardsOf([...props.board.incidents.values()].filter((i) => i.verdict).sort((a, b) => b.verdict.at - a.verdict.at)),
    );
    const shown = computed(() => {
      if (!held.value) return unjudged.value;
      return held.value.map((id) => props.board.incidents.get(id)).filter((incident) => incident && !incident.verdict);
    });
    const cards = computed(() => cardsOf(shown.value));
    const waiting = computed(() => unjudged.value.length - shown.value.length);
    const older = computed(() => Math.max(0, (props.board.totals.value.unjudged ?? 0) - unjudged.value.length));

    function hold() {
      moved = performance.now();
      if (!held.value) held.value = unjudged.value.map((i) => i.id);
    }
    function release() {
      held.value = null;
    }
    const timer = setInterval(() => {
      if (held.value && performance.now() - moved > HOLD_MS) release();
    }, 500);
    onBeforeUnmount(() => clearInterval(timer));

    const select = (id) => (open.value = open.value === id ? null : id);
    watch(open, (id, before) => {
      const card = [...cards.value, ...judged.value].find((one) => holds(one, id));
      if (card && !holds(card, before)) newest.value = card.hits[0].raised_at;
      const incident = props.board.incidents.get(id);
      if (incident) props.board.selected.value = incident.device;
    }, { flush: "sync" });
    useAlertKeys(open, () => cards.value.map(({ hits }) => shownOf(hits, open.value).id), select);

    // What was just decided is open still, but may be far down among the judged ones: said on top, where a slip of the hand shows.
    const decided = computed(() => {
      const incident = open.value && props.board.incidents.get(open.value);
      return incident?.verdict ? incident : null;
    });
    const showDecided = () => document.querySelector(".alert.open")?.scrollIntoView({ block: "nearest" });

    watch(() => unjudged.value.length, (count) => {
      document.title = (count ? `(${count}) ` : "") + "Lamplighter control room";
    }, { immediate: true });

    return { open, shown, cards, judged, judgedShown, waiting, older, hold, release, select, decided, showDecided, JUDGED_SHOWN };
  },
  template: `
  <section class="panel alerts" aria-label="Alerts">
    <h2>Alerts <span class="count" :class="{ alarm: shown.length + waiting > 0 }">{{ shown.length + waiting }} to judge</span>
      <button v-if="waiting > 0" type="button" class="newcomers" @click="release" data-newcomers>{{ waiting }} new: show</button>
      <span role="status" class="last-verdict"><button v-if="decided && !waiting" type="button" class="plain" title="Show it among the judged ones" @click="showDecided" data-decided-last>{{ decided.verdict.state }}: {{ decided.device_label }}</button></span>
      <span v-if="!decided && !waiting" class="hint"><kbd>j</kbd><kbd>k</kbd> move <kbd>c</kbd> confirm <kbd>d</kbd> dismiss</span></h2>
    <div class="scroll" @pointermove="hold" @pointerleave="release">
      <ul class="alert-list" data-unjudged>
        <AlertCard v-for="{ key, hits } in cards" :key="key" :hits="hits" :board="board" :account="account" :chosen="open" @select="select" />
      </ul>
      <p v-if="older > 0" class="older" data-older>{{ older }} older unjudged alerts are kept in the <a href="/alerts">list of alerts</a>.</p>
      <p v-if="!shown.length && !waiting" class="empty">Nothing waits for a verdict.</p>
      <template v-if="judged.length">
        <h3>Judged</h3>
        <ul class="alert-list" data-judged>
          <AlertCard v-for="{ key, hits } in judged.slice(0, judgedShown)" :key="key" :hits="hits" :board="board" :account="account" :chosen="open" @select="select" />
        </ul>
        <button v-if="judged.length > judgedShown" type="button" class="plain more" @click="judgedShown += 30">Show more</button>
      </template>
    </div>
    <HoldForm v-if="account && account.may_hold" :board="board" />
  </section>`,
};
