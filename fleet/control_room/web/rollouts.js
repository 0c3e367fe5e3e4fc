// Rollouts: which there are, and the form that plans another.
//
// Rules: a plan is looked at before it is planned, and a second person approves it; what a page asks is asked of the manager's API,
// which checks role and state again.

import { computed, onMounted, reactive, ref, shallowRef } from "vue";
import { fetchReleases, fetchRollouts, planRollout, previewRollout } from "./actions.js";
import { bytes, dateTime, total } from "./format.js";
import { RoomFrame, useFound } from "./page.js";

const REFRESH_MS = 3000;
export const PARTS = ["succeeded", "on-probation", "fetched", "accepted", "ordered", "waiting", "aside", "failed"];

/** Boxes of a rollout or a group as one bar, by how far they are. */
export const ProgressBar = {
  props: { counts: Object },
  setup(props) {
    const all = computed(() => Object.values(props.counts).reduce((sum, n) => sum + n, 0));
    const parts = computed(() => PARTS.filter((part) => props.counts[part]).map((part) => ({ part, n: props.counts[part], share: (100 * props.counts[part]) / all.value })));
    const words = computed(() => parts.value.map(({ part, n }) => `${n} ${part}`).join(", ") || "no boxes yet");
    return { parts, words };
  },
  template: `<span class="progress" role="img" :aria-label="words" :title="words"><i v-for="one in parts" :key="one.part" :class="'b-' + one.part" :style="{ width: one.share + '%' }"></i></span>`,
};

const HOUR = /^([01][0-9]|2[0-3]):[0-5][0-9]$/;
const list = (text) => text.split(/[\s,]+/).filter(Boolean);

const LEFT_OUT = {
  unheard: "have not said yet what they are", hardware: "are boards that the release is not for", agent: "run an agent that is too old for it", "has-it": "run it, or a later release, already",
};

/** What a plan would do: boxes of each group, who is left out and why, when it may switch. */
export const PlanPreview = {
  props: { seen: Object },
  setup(props) {
    const leftOut = computed(() => {
      const counts = {};
      for (const reason of Object.values(props.seen.left_out)) counts[reason] = (counts[reason] ?? 0) + 1;
      return Object.entries(counts);
    });
    return { leftOut, LEFT_OUT, dateTime };
  },
  template: `
  <div class="preview" data-plan-preview>
    <p v-for="group in seen.groups" :key="group.name"><b>{{ group.name }}</b> {{ group.boxes }} {{ group.boxes === 1 ? "box" : "boxes" }} <span class="muted">{{ group.devices.slice(0, 6).join(", ") }}{{ group.boxes > 6 ? ", …" : "" }}</span></p>
    <p v-for="[reason, n] in leftOut" :key="reason" class="doubt" :data-left-out="reason">{{ n }} left out: {{ LEFT_OUT[reason] ?? reason }}</p>
    <p v-if="seen.windows.length" class="muted">first window {{ dateTime(Date.parse(seen.windows[0].opens)) }}</p>
  </div>`,
};

export const PlanForm = {
  components: { PlanPreview },
  emits: ["planned", "close"],
  setup(_, { emit }) {
    const releases = shallowRef([]);
    const form = reactive({
      bundle: "", release: null, canary: "", percent: "10", sites: "", tags: "", budget: 5, success: 95, minimum: 10, soak: 0, timeout: 120,
      opens: "", closes: "", zone: Intl.DateTimeFormat().resolvedOptions().timeZone, open: false, note: "",
    });
    const seen = shallowRef(null);
    const error = ref("");
    const busy = ref(false);
    onMounted(async () => {
      const answer = await fetchReleases();
      error.value = answer.error ?? "";
      releases.value = answer.value ?? [];
      if (bundles.value.length) choose(bundles.value[0]);
    });
    const bundles = computed(() => [...new Set(releases.value.map((one) => one.bundle))]);
    const ofBundle = computed(() => releases.value.filter((one) => one.bundle === form.bundle).reverse());
    const chosen = computed(() => ofBundle.value.find((one) => one.release === form.release));
    function choose(bundle) {
      form.bundle = bundle;
      form.release = ofBundle.value[0]?.release ?? null;
      seen.value = null;
    }
    function plan() {
      const rule = { success_percent: form.success, minimum: form.minimum, budget_percent: form.budget, soak_s: Math.round(form.soak * 60) };
      const groups = [];
      if (list(form.canary).length) groups.push({ name: "canary", where: { devices: list(form.canary) }, ...rule });
      for (const share of list(form.percent)) groups.push({ name: `to-${share.replace(".", "-")}`, percent: Number(share), ...rule });
      groups.push({ name: groups.length ? "rest" : "all", ...rule });
      const wanted = { bundle: form.bundle, release: form.release, groups, timeout_s: Math.round(form.timeout * 60), open: form.open, note: form.note };
      const where = { sites: list(form.sites), tags: list(form.tags) };
      wanted.where = Object.fromEntries(Object.entries(where).filter(([, values]) => values.length));
      if (form.opens || form.closes) wanted.window = { zone: form.zone, opens: form.opens, closes: form.closes };
      return wanted;
    }
    async function ask(send) {
      if (busy.value) return null;
      if ((form.opens || form.closes) && !(HOUR.test(form.opens) && HOUR.test(form.closes))) {
        error.value = "A window needs both of its hours, as 02:00 and 04:00.";
        return null;
      }
      busy.value = true;
      const answer = await send(plan());
      busy.value = false;
      error.value = answer.error ?? "";
      return answer.value ?? null;
    }
    async function look() {
      seen.value = await ask(previewRollout);
    }
    async function give() {
      const made = await ask(planRollout);
      if (made) emit("planned", made.number);
    }
    return { form, bundles, ofBundle, chosen, choose, seen, error, busy, look, give, bytes };
  },
  template: `
  <form class="plan-form" @submit.prevent="look" @input="seen = null" data-plan-form>
    <fieldset><legend>What</legend>
      <label>Bundle <select :value="form.bundle" @change="choose($event.target.value)" data-plan-bundle><option v-for="name in bundles" :key="name">{{ name }}</option></select></label>
      <label>Release <select v-model="form.release" data-plan-release><option v-for="one in ofBundle" :key="one.release" :value="one.release">{{ one.release }} (version {{ one.version }})</option></select></label>
      <p v-if="chosen" class="muted">{{ bytes(chosen.size) }} at most for a box<template v-if="chosen.hardware.length">, for {{ chosen.hardware.join(", ") }}</template></p>
      <label>Why <input v-model="form.note" maxlength="200" placeholder="for people and the record" data-plan-note /></label>
    </fieldset>
    <fieldset><legend>Which boxes</legend>
      <label>Canary, by name <input v-model="form.canary" placeholder="market-1, church-2" data-plan-canary /></label>
      <label>Then up to % <input v-model="form.percent" placeholder="10, 50" data-plan-percent /></label>
      <label>Only sites <input v-model="form.sites" placeholder="all" /></label>
      <label>Only with tags <input v-model="form.tags" placeholder="any" /></label>
      <label class="check"><input v-model="form.open" type="checkbox" /> stays open for boxes that appear later</label>
    </fieldset>
    <fieldset><legend>When to go on, when to stop</legend>
      <label>Succeeded, at least % <input v-model.number="form.success" type="number" min="1" max="100" step="any" /></label>
      <label>Of so many boxes, at least <input v-model.number="form.minimum" type="number" min="1" /></label>
      <label>Stops at % failed <input v-model.number="form.budget" type="number" min="0.01" max="100" step="any" data-plan-budget /></label>
      <label>Minutes per group, at least <input v-model.number="form.soak" type="number" min="0" step="any" /></label>
      <label>Minutes a box may take <input v-model.number="form.timeout" type="number" min="1" /></label>
    </fieldset>
    <fieldset><legend>Switch only between</legend>
      <label>from <input v-model="form.opens" placeholder="any time" size="5" data-plan-opens /></label>
      <label>to <input v-model="form.closes" placeholder="any time" size="5" data-plan-closes /></label>
      <label>local time of <input v-model="form.zone" /></label>
    </fieldset>
    <p v-if="error" class="error" role="alert" data-plan-error>{{ error }}</p>
    <PlanPreview v-if="seen" :seen="seen" />
    <div class="buttons">
      <button type="submit" :disabled="busy || !form.release" data-plan-look>See what it would do</button>
      <button type="button" class="go" :disabled="busy || !seen" @click="give" data-plan-give>Plan it</button>
      <button type="button" class="plain" @click="$emit('close')">Back</button>
    </div>
  </form>`,
};

export const RolloutsView = {
  components: { PlanForm, ProgressBar, RoomFrame },
  props: { fleet: String, account: Object },
  setup() {
    const { board, found: rollouts, error } = useFound(fetchRollouts, REFRESH_MS);
    const planning = ref(false);
    const open = (number) => window.location.assign(`/rollout/${number}`);
    const all = (one) => Object.values(one.counts).reduce((sum, n) => sum + n, 0);
    return { board, rollouts, error, planning, open, all, dateTime, total };
  },
  template: `
  <RoomFrame class="rollouts-page" :board="board" view="rollouts" :fleet="fleet" :account="account">
    <main class="paper">
      <section class="panel" aria-label="Rollouts">
        <h2>Rollouts <span class="hint">a model reaches boxes in groups; a second person approves</span>
          <span class="tools"><button v-if="account && account.may_roll_out" type="button" @click="planning = !planning" :aria-pressed="planning ? 'true' : 'false'" data-plan>{{ planning ? "Close" : "Plan a rollout…" }}</button></span></h2>
        <div class="scroll">
          <p v-if="error" class="error pad" role="alert" data-error>{{ error }}</p>
          <PlanForm v-if="planning" @planned="open" @close="planning = false" />
          <p v-if="rollouts && !rollouts.length && !planning" class="empty">Nothing has been rolled out yet.</p>
          <table v-if="rollouts && rollouts.length" class="flow-table rollout-table">
            <thead><tr><th>rollout</th><th>release</th><th>state</th><th>boxes</th><th class="n">of</th><th>planned</th><th class="why">why</th></tr></thead>
            <tbody><tr v-for="one in rollouts" :key="one.number" :data-rollout="one.number" :data-state="one.state" @click="open(one.number)">
              <td><a :href="'/rollout/' + one.number">{{ one.number }}</a></td>
              <td>{{ one.bundle }} {{ one.release }} <span class="muted">{{ one.version }}</span></td>
              <td><span class="state" :class="'s-' + one.state">{{ one.state }}</span></td>
              <td class="bar-cell"><ProgressBar :counts="one.counts" /></td><td class="n">{{ total(all(one)) }}</td>
              <td>{{ dateTime(one.planned_at) }} <span class="muted">{{ one.planned_by }}</span></td>
              <td class="why">{{ one.reason || one.note }}</td>
            </tr></tbody>
          </table>
        </div>
      </section>
    </main>
  </RoomFrame>`,
};
