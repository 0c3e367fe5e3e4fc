// One hit list: what stands, what waits and what it would change, its boxes, and who decided what.
//
// Rule: no plate stands here until somebody said why (list_entries.js).

import { computed, shallowRef } from "vue";
import { fetchList, fetchLists } from "./actions.js";
import { bytes, dateTime, total } from "./format.js";
import { ListDecisions } from "./list_decisions.js";
import { DraftDone, DraftForm } from "./list_draft.js";
import { EntriesPanel } from "./list_entries.js";
import { Digest, EndsAt, entriesText, SignLine, STEPS, waitsText } from "./lists.js";
import { RoomFrame, useFound } from "./page.js";

const REFRESH_MS = 2000;
const percent = (least) => `${Math.round(1000 * least) / 10} %`;

/** What a draft would change besides entries, in words. */
function otherTerms(draft, standing) {
  if (!standing) return [];
  const found = [];
  if (draft.expires !== standing.expires) found.push(`its end: ${dateTime(standing.expires)} becomes ${dateTime(draft.expires)}`);
  if (draft.basis !== standing.basis) found.push(`its legal basis: “${standing.basis}” becomes “${draft.basis}”`);
  if (draft.least !== standing.least) found.push(`how certain a reading must be: ${percent(standing.least)} becomes ${percent(draft.least)}`);
  return found;
}

const Waiting = {
  components: { EndsAt, EntriesPanel, ListDecisions },
  props: { one: Object, row: Object, account: Object, now: Number },
  emits: ["decided"],
  setup(props) {
    const draft = computed(() => props.one.version);
    const terms = computed(() => otherTerms(draft.value, props.row.standing));
    return { draft, terms, entriesText, waitsText, dateTime, total };
  },
  template: `
  <article class="waiting-draft" :data-waiting="draft.number" :data-state="draft.state">
    <h3>Draft {{ draft.number }} <span class="state" :class="'s-' + draft.state">{{ draft.state }}</span> <small>by {{ draft.drafted_by }}, {{ dateTime(draft.drafted_at) }}</small></h3>
    <p data-would>{{ row.standing ? "It would change version " + row.standing.version : "It would begin the list" }}: <b>{{ total(draft.added) }}</b> {{ draft.added === 1 ? "entry comes" : "entries come" }}, <b>{{ total(draft.removed) }}</b> {{ draft.removed === 1 ? "goes" : "go" }}. Then {{ entriesText(draft.entries, one.forms) }}.</p>
    <p v-for="(words, i) in terms" :key="i" class="doubt" data-term>It changes {{ words }}.</p>
    <p class="muted">{{ draft.basis }}, until <EndsAt :at="draft.expires" :now="now" /></p>
    <p v-if="draft.state === 'approved'" class="doubt" data-unsigned>{{ waitsText(one) }}</p>
    <EntriesPanel :version="draft" :account="account" />
    <ListDecisions :list="row.list" :waiting="one" :account="account" @decided="$emit('decided')" />
  </article>`,
};

const ListHistory = {
  components: { Digest },
  props: { versions: Array },
  setup: () => ({ dateTime, total }),
  template: `
  <section class="panel list-history" aria-label="History">
    <h2>History <span class="hint">newest first</span></h2>
    <div class="scroll">
      <ol class="history-list">
        <li v-for="one in versions" :key="one.number" :data-version="one.number" :data-state="one.state">
          <p><b>{{ one.version ? "version " + one.version : "draft " + one.number }}</b> <span class="state" :class="'s-' + one.state">{{ one.state }}</span> {{ total(one.entries) }} entries <span class="muted">+{{ total(one.added) }} −{{ total(one.removed) }}</span> <Digest :digest="one.digest" what="SHA-256 of what boxes fetch:" /></p>
          <p class="muted">{{ one.basis }}, until {{ dateTime(one.expires) }}</p>
          <dl class="facts">
            <dt>drafted</dt><dd>{{ dateTime(one.drafted_at) }} by {{ one.drafted_by }}<template v-if="one.version"> (draft {{ one.number }})</template></dd>
            <template v-if="one.approved_by"><dt>approved</dt><dd>{{ dateTime(one.approved_at) }} by {{ one.approved_by }}</dd></template>
            <template v-if="one.published_at"><dt>signed</dt><dd>{{ dateTime(one.published_at) }} by the list authority, key {{ one.key }}</dd></template>
            <template v-if="one.ended_at"><dt>ended</dt><dd>{{ dateTime(one.ended_at) }} by {{ one.ended_by }}</dd></template>
            <template v-if="one.words"><dt>why</dt><dd>{{ one.words }}</dd></template>
          </dl>
        </li>
      </ol>
    </div>
  </section>`,
};

const ListBoxes = {
  props: { row: Object, boxes: Array, board: Object },
  setup(props) {
    const label = (name) => props.board.devices.get(name)?.label ?? name;
    return { label, STEPS, dateTime };
  },
  template: `
  <section class="panel list-boxes" aria-label="Boxes">
    <h2>Boxes <span v-if="row.boxes" class="count" :class="{ held: row.uses < row.boxes }">{{ row.uses }} of {{ row.boxes }}</span><span class="hint">the newest version</span></h2>
    <div class="scroll">
      <p v-if="!boxes.length" class="empty">{{ row.standing ? "No box's configuration names this list. A technician names it under a source's plates." : "No box uses it." }}</p>
      <ul><li v-for="box in boxes" :key="box.device" class="list-box" :class="{ behind: box.step !== 'uses' }" :data-box="box.device" :data-step="box.step">
        <p><a :href="'/device/' + encodeURIComponent(box.device)"><b>{{ label(box.device) }}</b></a> <span class="n">{{ box.version ? "version " + box.version : "no version yet" }}<small v-if="box.since"> since {{ dateTime(box.since) }}</small></span></p>
        <p v-if="box.why" class="doubt"><b>{{ STEPS[box.step] }}</b>: {{ box.why }}</p>
      </li></ul>
    </div>
  </section>`,
};

export const ListView = {
  components: { Digest, DraftDone, DraftForm, EndsAt, EntriesPanel, ListBoxes, ListDecisions, ListHistory, RoomFrame, SignLine, Waiting },
  props: { fleet: String, account: Object, name: String },
  setup(props) {
    const { board, found, error, load } = useFound(() => fetchList(props.name), REFRESH_MS);
    const purposes = shallowRef([]);
    const base = shallowRef(null); // the row that a change is drafted of, as it was when that began
    const done = shallowRef(null);
    async function draft() {
      const answer = await fetchLists();
      error.value = answer.error ?? "";
      if (!answer.value) return;
      purposes.value = answer.value.purposes;
      base.value = row.value;
    }
    function drafted(answer) {
      done.value = answer;
      base.value = null;
      load();
    }
    const row = computed(() => found.value?.row);
    const standing = computed(() => row.value?.standing);
    const now = computed(() => board.now.value);
    return { board, found, row, standing, purposes, error, base, done, now, draft, drafted, load, bytes, dateTime, entriesText, percent };
  },
  template: `
  <RoomFrame class="list-page" :board="board" view="list" :fleet="fleet" :account="account">
    <main v-if="found" class="list-grid">
      <section class="panel list-head" aria-label="Hit list">
        <div class="scroll pad">
          <SignLine :locked="found.locked" :fault="found.fault" />
          <h1>{{ row.list }} <span class="state" :class="'s-' + (standing ?? row.last).state">{{ (standing ?? row.last).state }}</span><small><a href="/hit-lists">all hit lists</a></small></h1>
          <p v-if="error" class="error" role="alert" data-error>{{ error }}</p>
          <dl class="facts">
            <dt>purpose</dt><dd>{{ found.purpose ? found.purpose.label : row.purpose }}<span v-if="found.purpose" class="muted">: {{ found.purpose.reference }}. A list ends within {{ found.purpose.list_days }} days; hits are kept {{ found.purpose.hit_days }} days.</span></dd>
            <template v-if="standing"><dt>legal basis</dt><dd>{{ standing.basis }}</dd>
              <dt>ends</dt><dd><EndsAt :at="standing.expires" :now="now" /></dd>
              <dt>entries</dt><dd data-entries-count>{{ entriesText(standing.entries, row.forms) }}</dd>
              <dt>is a hit</dt><dd>from {{ percent(standing.least) }} certain</dd>
              <dt>version</dt><dd>{{ standing.version }}, {{ bytes(standing.size) }}, signed {{ dateTime(standing.published_at) }}</dd>
              <dt>digest</dt><dd class="mono whole-digest" data-digest>{{ standing.digest }}</dd></template>
            <template v-else><dt>stands</dt><dd>no version: no box looks for it</dd></template>
          </dl>
          <EntriesPanel v-if="standing" :key="standing.number" :version="standing" :account="account" />
          <div v-if="standing || account.may_draft_list" class="list-orders">
            <button v-if="account && account.may_draft_list && !base" type="button" @click="draft" data-draft>{{ standing ? "Draft a change…" : "Draft it anew…" }}</button>
            <ListDecisions v-if="standing" :list="row.list" :account="account" @decided="load" />
          </div>
          <DraftDone v-if="done" :done="done" @close="done = null" />
          <DraftForm v-if="base" :base="base" :purposes="purposes" :now-ms="now" @drafted="drafted" @close="base = null" />
          <h2 class="waits-title">Waiting <span class="count">{{ row.waiting.length || "" }}</span></h2>
          <p v-if="!row.waiting.length" class="muted" data-nothing-waits>Nothing waits for anybody.</p>
          <Waiting v-for="one in row.waiting" :key="one.version.number" :one="one" :row="row" :account="account" :now="now" @decided="load" />
        </div>
      </section>
      <ListBoxes :row="row" :boxes="found.boxes" :board="board" />
      <ListHistory :versions="found.versions" />
    </main>
    <p v-else-if="error" class="error pad" role="alert" data-error>{{ error }} · <a href="/hit-lists">all hit lists</a></p>
  </RoomFrame>`,
};
