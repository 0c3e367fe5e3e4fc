// Hit lists: which there are, what they are for, until when, on which boxes, and what waits for whom.
//
// Rules: no plate stands here; what does not go on by itself says what is left to be done, and by which command.

import { computed, ref, shallowRef } from "vue";
import { fetchLists } from "./actions.js";
import { dateTime, duration, total } from "./format.js";
import { DraftDone, DraftForm } from "./list_draft.js";
import { RoomFrame, useFound } from "./page.js";

const REFRESH_MS = 3000;
const SOON_MS = 7 * 86_400_000; // a week is what it takes to find out whether a list is still needed, and two people to draft and approve

export const STEPS = {
  uses: "use it", fetching: "fetching it", refused: "cannot take it", "key-missing": "without its key", "not-told": "not told yet", "no-room": "without room for it", away: "away", forgetting: "still to forget it",
};

/** Why nothing can be signed, with commands set apart as one types them. */
export const SignLine = {
  props: { locked: String, fault: String },
  setup(props) {
    const parts = computed(() => (props.locked || props.fault).split("`").map((text, i) => ({ text, code: i % 2 === 1 })));
    return { parts };
  },
  template: `
  <p v-if="locked || fault" class="mover sign-line" role="status" data-locked><b>{{ locked ? "Nothing can be signed now, so that no draft can be approved." : "The manager's process of lists says:" }}</b>{{ " " }}
    <template v-for="(part, i) in parts" :key="i"><code v-if="part.code">{{ part.text }}</code><template v-else>{{ part.text }}</template></template><template v-if="locked">. Lists that stand go on until their end.</template></p>`,
};

/** When a list ends, loudly when that is soon. */
export const EndsAt = {
  props: { at: Number, now: Number },
  setup(props) {
    const left = computed(() => props.at - props.now);
    return { left, SOON_MS, dateTime, duration };
  },
  template: `
  <span :class="{ doubt: left < SOON_MS }" data-ends>{{ dateTime(at) }}<template v-if="left <= 0">, which is past</template><template v-else-if="left < SOON_MS">: <b>ends in {{ duration(left / 1000) }}</b></template></span>`,
};

/** "3 entries: 2 plates, 1 pattern". */
export function entriesText(entries, forms) {
  const all = `${total(entries)} ${entries === 1 ? "entry" : "entries"}`;
  if (!forms) return all;
  return `${all}: ${total(forms.exact)} exact, ${total(forms.partial)} partial`;
}

/** A draft or an approved version in one line. */
export function waitsText(one) {
  if (one.version.state === "draft") return one.stale ? "made of an earlier version; has to be drafted anew" : "waits for a second person";
  return `approved by ${one.version.approved_by}; ${one.version.words || "is signed within seconds"}`;
}

/** A digest as people compare it. */
export const Digest = {
  props: { digest: String, what: String },
  template: `<code v-if="digest" class="digest" :title="what + ' ' + digest">{{ digest.slice(0, 12) }}</code>`,
};

const ListCard = {
  components: { Digest, EndsAt },
  props: { row: Object, purposes: Array, account: Object, board: Object },
  setup(props) {
    const purpose = computed(() => props.purposes.find((one) => one.name === props.row.purpose));
    const now = computed(() => props.board.now.value);
    const shown = computed(() => props.row.standing ?? props.row.last);
    const groups = computed(() => {
      const found = {};
      for (const one of props.row.behind) (found[one.step] ??= []).push(props.board.devices.get(one.device)?.label ?? one.device);
      return Object.entries(found);
    });
    const hidden = computed(() => props.row.boxes - props.row.uses - props.row.behind.length);
    return { purpose, now, shown, groups, hidden, STEPS, entriesText, waitsText, dateTime };
  },
  template: `
  <li class="hit-list" :class="{ over: !row.standing }" :data-list="row.list">
    <div class="l-name">
      <h3><a :href="'/hit-lists/' + row.list">{{ row.list }}</a> <span class="state" :class="'s-' + shown.state">{{ shown.state }}</span></h3>
      <p>{{ purpose ? purpose.label : row.purpose }}</p>
      <p class="muted">{{ shown.basis }}</p>
      <p v-if="purpose" class="muted small">may end within {{ purpose.list_days }} days; hits are kept {{ purpose.hit_days }} days</p>
    </div>
    <div class="l-what">
      <p v-if="row.standing" data-list-entries>{{ entriesText(row.standing.entries, row.forms) }}</p>
      <p v-else-if="row.waiting.length">no version stands yet; the draft has {{ entriesText(row.waiting[0].version.entries, row.waiting[0].forms) }}</p>
      <p v-if="shown.version">version {{ shown.version }} <Digest :digest="shown.digest" what="SHA-256 of what boxes fetch:" /></p>
      <p v-if="row.standing">until <EndsAt :at="row.standing.expires" :now="now" /></p>
      <p v-if="!row.standing && shown.ended_at" class="muted">ended {{ dateTime(shown.ended_at) }} by {{ shown.ended_by }}<template v-if="shown.words">: {{ shown.words }}</template></p>
    </div>
    <div class="l-boxes" data-list-boxes>
      <p v-if="!row.boxes" class="muted">{{ row.standing ? "No box's configuration names it." : "No box uses it." }}</p>
      <p v-else><b :class="{ doubt: row.uses < row.boxes }">{{ row.uses }}</b> of {{ row.boxes }} {{ row.boxes === 1 ? "box uses" : "boxes use" }} this version</p>
      <p v-for="[step, names] in groups" :key="step" class="doubt" :data-step="step">{{ STEPS[step] }}: <span class="names">{{ names.join(", ") }}</span></p>
      <p v-if="hidden > 0" class="muted">and {{ hidden }} more</p>
    </div>
    <div class="l-waits">
      <p v-for="one in row.waiting" :key="one.version.number" :data-waits="one.version.number"><a :href="'/hit-lists/' + row.list">draft {{ one.version.number }}</a> of {{ one.version.drafted_by }} <span class="doubt">{{ waitsText(one) }}</span>
        <template v-if="account && one.version.state === 'draft' && !one.stale"><b v-if="account.name === one.version.drafted_by" class="muted"> not yours to approve</b><b v-else-if="account.may_approve_list" class="doubt"> you may approve it</b></template></p>
      <p v-if="row.standing && !row.waiting.length" class="muted">nothing waits</p>
    </div>
  </li>`,
};

export const ListsView = {
  components: { DraftDone, DraftForm, ListCard, RoomFrame, SignLine },
  props: { fleet: String, account: Object },
  setup() {
    const { board, found, error, load } = useFound(fetchLists, REFRESH_MS);
    const drafting = ref(false);
    const done = shallowRef(null);
    const now = computed(() => board.now.value);
    const current = computed(() => (found.value?.lists ?? []).filter((one) => one.standing || one.waiting.length));
    const over = computed(() => (found.value?.lists ?? []).filter((one) => !one.standing && !one.waiting.length));
    function drafted(answer) {
      done.value = { ...answer, open: true };
      drafting.value = false;
      load();
    }
    return { board, found, error, drafting, done, current, over, now, drafted };
  },
  template: `
  <RoomFrame class="lists-page" :board="board" view="lists" :fleet="fleet" :account="account">
    <main class="paper">
      <section class="panel" aria-label="Hit lists">
        <h2>Hit lists <span class="hint">one person drafts, another approves, the list authority signs</span>
          <span class="tools"><button v-if="account && account.may_draft_list && !drafting" type="button" @click="drafting = true" data-draft>Draft a new list…</button></span></h2>
        <div class="scroll">
          <SignLine v-if="found" :locked="found.locked" :fault="found.fault" />
          <p v-if="error" class="error pad" role="alert" data-error>{{ error }}</p>
          <DraftDone v-if="done" :done="done" @close="done = null" />
          <DraftForm v-if="drafting && found" :purposes="found.purposes" :now-ms="now" @drafted="drafted" @close="drafting = false" />
          <p v-if="found && !found.lists.length && !drafting" class="empty">There is no hit list yet. <template v-if="account && account.may_draft_list">Draft one; another account approves it.</template><template v-else>An operator drafts one, and another operator approves it.</template></p>
          <ul v-if="current.length" class="hit-lists" aria-label="Lists that stand or wait"><ListCard v-for="row in current" :key="row.list" :row="row" :purposes="found.purposes" :account="account" :board="board" /></ul>
          <template v-if="over.length"><h3 class="over-title">Ended</h3>
            <ul class="hit-lists" aria-label="Lists that ended"><ListCard v-for="row in over" :key="row.list" :row="row" :purposes="found.purposes" :account="account" :board="board" /></ul></template>
        </div>
      </section>
    </main>
  </RoomFrame>`,
};
