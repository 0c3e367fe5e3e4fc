// One rollout as it goes: its groups, why boxes failed, who is behind, versions over time, quality in the field, and the buttons.
//
// Rules: nothing here is pressed by accident, every decision is asked for again and may be given a reason; what an answer is made
// of is shown with its age when the manager stops answering.

import { computed, nextTick, onBeforeUnmount, reactive, ref, shallowRef } from "vue";
import { decideRollout, fetchRollout, fetchRolloutBoxes, fetchRolloutPreview, fetchRolloutQuality } from "./actions.js";
import { bytes, dateTime, duration, number, total } from "./format.js";
import { RoomFrame, useFound } from "./page.js";
import { PARTS, PlanPreview, ProgressBar } from "./rollouts.js";
import { VersionsChart } from "./versions.js";

const REFRESH_MS = 1500;
const BOXES_MS = 5000;
const QUALITY_MS = 30_000;
const BEHIND_SHOWN = 200;
const URGENCY = { failed: 0, aside: 1, "on-probation": 2, fetched: 3, accepted: 4, ordered: 5, waiting: 6 };

// Which decision is there in which state, who may take it, and what it means.
const DECISIONS = {
  approve: { states: ["planned"], right: "may_approve", title: "Approve", words: "It may then be started. You say with your name that it may run." },
  start: { states: ["approved"], right: "may_roll_out", title: "Start", words: "The boxes of the first group are given their orders at once." },
  pause: { states: ["running"], right: "may_halt", title: "Pause", words: "No further box is given an order. What boxes have begun they end." },
  resume: { states: ["paused"], right: "may_roll_out", title: "Resume", words: "It goes on where it stood." },
  abort: { states: ["planned", "approved", "running", "paused"], right: "may_halt", title: "Abort", words: "It ends for good. Orders that no box has followed are taken back; boxes that have switched stay where they are." },
  back: { states: ["completed", "aborted", "stopped"], right: "may_roll_out", title: "Take back", words: "A rollout of a higher release with the earlier content is planned for its boxes. A second person approves it." },
};

export const DecisionButtons = {
  props: { rollout: Object, account: Object },
  emits: ["decided"],
  setup(props, { emit }) {
    const dialog = ref(null);
    const form = reactive({ verb: "", reason: "", busy: false, error: "" });
    const there = computed(() => Object.entries(DECISIONS).filter(([verb, one]) =>
      one.states.includes(props.rollout.state) && props.account?.[one.right] && (verb !== "back" || props.rollout.started_at !== null)));
    const own = computed(() => props.rollout.state === "planned" && props.account?.may_approve && props.account.name === props.rollout.planned_by);
    const asked = computed(() => DECISIONS[form.verb]);
    function ask(verb) {
      Object.assign(form, { verb, reason: "", error: "" });
      dialog.value.showModal();
    }
    async function give() {
      if (form.busy) return;
      form.busy = true;
      const answer = await decideRollout(props.rollout.number, form.verb, form.reason.trim());
      form.busy = false;
      form.error = answer.error ?? "";
      if (answer.error) return;
      dialog.value.close();
      if (answer.value.number !== props.rollout.number) window.location.assign(`/rollout/${answer.value.number}`);
      else nextTick(() => emit("decided"));
    }
    return { dialog, form, there, own, asked, ask, give };
  },
  template: `
  <div class="decisions">
    <button v-for="[verb, one] in there" :key="verb" type="button" :class="verb" :disabled="verb === 'approve' && own" @click="ask(verb)" :data-decide="verb">{{ one.title }}…</button>
    <span v-if="own" class="muted" data-own>You planned it: a second person approves it.</span>
    <dialog ref="dialog" class="event-dialog decision-dialog" aria-label="Decide" @click.self="dialog.close()" data-decision-dialog>
      <div class="dialog-head"><h2>{{ asked ? asked.title : "" }} rollout {{ rollout.number }}?</h2></div>
      <form v-if="asked" class="pad" @submit.prevent="give">
        <p>{{ asked.words }}</p>
        <label>Why <input v-model="form.reason" maxlength="200" autocomplete="off" placeholder="for people and the record" data-decision-reason /></label>
        <p v-if="form.error" class="error" role="alert" data-decision-error>{{ form.error }}</p>
        <div class="buttons"><button type="submit" :class="form.verb" :disabled="form.busy" data-decision-give>{{ asked.title }}</button><button type="button" class="plain" autofocus @click="dialog.close()">Back</button></div>
      </form>
    </dialog>
  </div>`,
};

export const QualityPanel = {
  props: { quality: Object },
  setup(props) {
    const sides = computed(() => [props.quality?.before, props.quality?.new]);
    const share = (one) => (one ? `${percent(one.value)} (${percent(one.low)} to ${percent(one.high)})` : "–");
    const percent = (value) => `${number(100 * value)} %`;
    return { sides, share, total, number };
  },
  template: `
  <section class="panel quality" aria-label="Quality in the field">
    <h2>Quality in the field <span class="hint">from events and verdicts; 95 % intervals</span></h2>
    <div class="scroll">
      <p v-if="!quality" class="empty">Reading…</p>
      <table v-else class="flow-table parts" data-quality>
        <thead><tr><th>{{ quality.bundle }}</th><th class="n">{{ quality.before ? quality.before.version : "before" }}</th><th class="n">{{ quality.new.version }} (new)</th></tr></thead>
        <tbody>
          <tr><td>confirmed of judged alerts</td><td v-for="(one, i) in sides" :key="i" class="n">{{ share(one && one.precision) }}</td></tr>
          <tr><td>alerts, judged</td><td v-for="(one, i) in sides" :key="i" class="n">{{ one ? total(one.alerts) + ", " + total(one.judged) : "–" }}</td></tr>
          <tr><td>counts, boxes</td><td v-for="(one, i) in sides" :key="i" class="n">{{ one && one.outputs ? total(one.outputs.n) + ", " + total(one.outputs.devices) : "–" }}</td></tr>
          <tr><td>people: mean ± sd</td><td v-for="(one, i) in sides" :key="i" class="n">{{ one && one.outputs ? number(one.outputs.mean) + " ± " + number(one.outputs.sd) : "–" }}</td></tr>
          <tr><td>people: median, 95 % below</td><td v-for="(one, i) in sides" :key="i" class="n">{{ one && one.outputs ? number(one.outputs.median) + ", " + number(one.outputs.p95) : "–" }}</td></tr>
          <tr><td>half-width of its intervals</td><td v-for="(one, i) in sides" :key="i" class="n">{{ one && one.outputs ? number(one.outputs.half_width) : "–" }}</td></tr>
          <tr><td>pictures missed</td><td v-for="(one, i) in sides" :key="i" class="n">{{ one && one.outputs ? share(one.outputs.missed) : "–" }}</td></tr>
          <tr :class="{ flagged: quality.new.range && quality.new.range.flagged }" data-range><td>outside what it said before</td><td class="n">1 %</td>
            <td class="n">{{ quality.new.range ? share(quality.new.range.share) : "too few counts" }}<template v-if="quality.new.range && quality.new.range.flagged"> ⚑</template></td></tr>
        </tbody>
      </table>
    </div>
  </section>`,
};

export const RolloutView = {
  components: { DecisionButtons, PlanPreview, ProgressBar, QualityPanel, RoomFrame, VersionsChart },
  props: { fleet: String, account: Object, number: Number },
  setup(props) {
    const { board, found, error, load, ready } = useFound(() => fetchRollout(props.number), REFRESH_MS);
    const behind = shallowRef([]);
    const quality = shallowRef(null);
    const seen = shallowRef(null); // what it would do, before it begins
    const doubt = ref("");
    async function loadBehind() {
      if (["planned", "approved"].includes(rollout.value?.state)) {
        const answer = await fetchRolloutPreview(props.number);
        seen.value = answer.value ?? null;
        doubt.value = answer.error ?? "";
        return;
      }
      seen.value = null;
      doubt.value = "";
      const answer = await fetchRolloutBoxes(props.number, { state: "behind", limit: BEHIND_SHOWN });
      if (answer.value) behind.value = answer.value.sort((a, b) => URGENCY[a.state] - URGENCY[b.state] || (a.label < b.label ? -1 : 1));
    }
    async function loadQuality() {
      const answer = await fetchRolloutQuality(props.number);
      if (answer.value) quality.value = Object.freeze(answer.value);
    }
    const timers = [setInterval(loadBehind, BOXES_MS), setInterval(loadQuality, QUALITY_MS)];
    ready.then(loadBehind);
    loadQuality();
    onBeforeUnmount(() => timers.forEach(clearInterval));
    const rollout = computed(() => found.value?.rollout);
    const all = computed(() => Object.values(rollout.value?.counts ?? {}).reduce((sum, n) => sum + n, 0));
    const left = computed(() => all.value - (rollout.value?.counts.succeeded ?? 0));
    const failures = computed(() => (found.value?.reasons ?? []).filter((one) => one.state === "failed"));
    const aside = computed(() => (found.value?.reasons ?? []).filter((one) => one.state === "aside"));
    const silent = (box) => (box.last_word === null ? "never" : `${duration((board.now.value - box.last_word) / 1000)} ago`);
    const window_ = computed(() => {
      const one = found.value?.plan.window;
      return one ? `${one.opens}–${one.closes} ${one.zone}${one.days ? " on " + one.days.join(", ") : ""}` : "at any time";
    });
    const decided = () => load().then(loadBehind);
    return { board, found, rollout, behind, quality, error, seen, doubt, PARTS, all, left, failures, aside, silent, window_, decided, bytes, dateTime, duration, total };
  },
  template: `
  <RoomFrame class="rollout-page" :board="board" view="rollout" :fleet="fleet" :account="account">
    <main v-if="found" class="rollout-grid">
      <section class="panel rollout-head" aria-label="Rollout">
        <div class="scroll pad">
          <h1>{{ rollout.bundle }} release {{ rollout.release }}<small>version {{ rollout.version }}, <a href="/rollouts">rollout</a> {{ rollout.number }}</small></h1>
          <p class="state-line" :data-state="rollout.state"><span class="state" :class="'s-' + rollout.state">{{ rollout.state }}</span>
            <span v-if="rollout.reason" data-reason>{{ rollout.reason }}</span><span v-else-if="found.outlook" class="muted" data-outlook>{{ found.outlook }}</span></p>
          <p v-if="found.mover" class="mover" role="alert" data-mover>{{ found.mover }}</p>
          <p v-if="error" class="error" role="alert" data-error>{{ error }}</p>
          <ProgressBar v-if="all" :counts="rollout.counts" />
          <p v-if="all" class="figures-line"><b data-succeeded>{{ total(rollout.counts.succeeded ?? 0) }}</b> of <b>{{ total(all) }}</b> boxes run it<template v-if="rollout.counts.failed">, <b class="bad" data-failed>{{ total(rollout.counts.failed) }}</b> failed</template><template v-if="rollout.counts.aside">, {{ total(rollout.counts.aside) }} set aside</template></p>
          <p v-if="doubt" class="mover" role="status" data-doubt>As things are it could not start: {{ doubt }}</p>
          <PlanPreview v-if="seen" :seen="seen" />
          <DecisionButtons :rollout="rollout" :account="account" @decided="decided" />
          <dl class="facts">
            <template v-if="rollout.note"><dt>why</dt><dd>{{ rollout.note }}</dd></template>
            <template v-if="rollout.back_of"><dt>takes back</dt><dd><a :href="'/rollout/' + rollout.back_of">rollout {{ rollout.back_of }}</a></dd></template>
            <dt>planned</dt><dd>{{ dateTime(rollout.planned_at) }} by {{ rollout.planned_by }}</dd>
            <template v-if="rollout.approved_by"><dt>approved</dt><dd>{{ dateTime(rollout.approved_at) }} by {{ rollout.approved_by }}</dd></template>
            <template v-if="rollout.started_at"><dt>started</dt><dd>{{ dateTime(rollout.started_at) }}</dd></template>
            <template v-if="rollout.ended_at"><dt>ended</dt><dd>{{ dateTime(rollout.ended_at) }}</dd></template>
            <dt>switches</dt><dd>{{ window_ }}</dd>
            <dt>a box may take</dt><dd>{{ duration(found.plan.timeout_s ?? 7200) }}<template v-if="rollout.open">; stays open for boxes that appear later</template></dd>
          </dl>
        </div>
      </section>
      <section class="panel groups" aria-label="Groups">
        <h2>Groups</h2>
        <div class="scroll">
          <div v-for="group in found.groups" :key="group.name" class="group" :class="'turn-' + group.turn" :data-group="group.name" :data-turn="group.turn">
            <p><b>{{ group.name }}</b> <span class="muted">{{ group.turn === "passed" ? "passed" : group.turn === "now" ? (rollout.ended_at ? "ended here" : "its turn") : "later" }}</span>
              <span v-if="all" class="n">{{ total(group.counts.succeeded ?? 0) }} of {{ total(Object.values(group.counts).reduce((a, b) => a + b, 0)) }}</span></p>
            <ProgressBar v-if="all" :counts="group.counts" />
            <p class="muted rule">{{ group.success_percent }} % of at least {{ group.minimum }} must succeed; stops at {{ group.budget_percent }} % failed<template v-if="group.soak_s">; watched for {{ duration(group.soak_s) }}</template></p>
          </div>
          <ul class="legend"><li v-for="part in PARTS" :key="part"><i :class="'b-' + part"></i>{{ part }}</li></ul>
        </div>
      </section>
      <section class="panel reasons-panel" aria-label="Failures">
        <h2>Failures <span v-if="failures.length" class="count alarm">{{ failures.reduce((sum, one) => sum + one.count, 0) }}</span><span class="hint">by reason</span></h2>
        <div class="scroll">
          <p v-if="!failures.length && !aside.length" class="empty">None.</p>
          <div v-for="one in failures" :key="one.reason" class="failure" :data-failure="one.reason"><p><b>{{ one.count }}</b> {{ one.reason }} <span class="muted">{{ one.detail }}</span></p>
            <p class="mono"><a v-for="name in one.devices" :key="name" :href="'/device/' + encodeURIComponent(name)">{{ name }}</a><template v-if="one.count > one.devices.length"> …</template></p></div>
          <h3 v-if="aside.length">Set aside: counts neither way</h3>
          <div v-for="one in aside" :key="one.reason" class="failure quiet" :data-aside="one.reason"><p><b>{{ one.count }}</b> {{ one.reason }} <span class="muted">{{ one.detail }}</span></p>
            <p class="mono"><a v-for="name in one.devices" :key="name" :href="'/device/' + encodeURIComponent(name)">{{ name }}</a><template v-if="one.count > one.devices.length"> …</template></p></div>
          <template v-if="Object.keys(found.flagged).length"><h3>Reports that did not count</h3>
            <p v-for="(n, words) in found.flagged" :key="words" class="flagged-report" data-flagged><b>{{ n }}</b> {{ words }}</p></template>
        </div>
      </section>
      <section class="panel behind" aria-label="Boxes behind">
        <h2>Boxes behind <span class="count">{{ total(left) }}</span><span v-if="left > behind.length && behind.length" class="hint">the first {{ behind.length }}</span></h2>
        <div class="scroll">
          <p v-if="!behind.length" class="empty">{{ all ? "None: all run it." : "Its boxes are placed when it starts." }}</p>
          <table v-else class="flow-table"><thead><tr><th>box</th><th>group</th><th>state</th><th>ran</th><th class="n">last word</th></tr></thead>
            <tbody><tr v-for="box in behind" :key="box.device" :data-behind="box.device"><td class="device-name"><a :href="'/device/' + encodeURIComponent(box.device)">{{ box.label }}</a></td><td>{{ box.group }}</td>
              <td><i class="swatch" :class="'b-' + box.state"></i>{{ box.state }}<span v-if="box.reason" class="muted">{{ ' ' + box.reason }}</span></td><td>{{ box.version || "unknown" }}</td><td class="n">{{ silent(box) }}</td></tr></tbody></table>
        </div>
      </section>
      <section class="panel versions" :class="{ idle: !rollout.started_at }" aria-label="Versions over time"><h2>Versions over time <span class="hint">boxes of this rollout</span></h2>
        <VersionsChart :lines="found.versions" :fresh="rollout.version" /></section>
      <QualityPanel :quality="quality" />
      <section class="panel notes" aria-label="What was decided"><h2>What was decided</h2>
        <div class="scroll"><table class="flow-table"><tbody><tr v-for="(note, i) in found.notes" :key="i" :data-note="note.action"><td>{{ dateTime(note.at) }}</td><td><b>{{ note.action }}</b></td><td>{{ note.actor }}</td><td class="audit-detail">{{ note.words }}</td></tr></tbody></table></div>
      </section>
    </main>
    <p v-else-if="error" class="error pad" role="alert" data-error>{{ error }} · <a href="/rollouts">all rollouts</a></p>
  </RoomFrame>`,
};
