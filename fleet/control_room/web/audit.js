// What was decided and done, by whom and when, and whether the record is whole; and every alert, also those off the live page.

import { computed, onBeforeUnmount, onMounted, ref, shallowRef, watch } from "vue";
import { fetchAudit, fetchIncidents, fetchVerdicts } from "./actions.js";
import { AlertCard, useAlertKeys } from "./alerts.js";
import { openBoard } from "./board.js";
import { RoomFrame } from "./page.js";
import { joined, shownOf } from "./repeats.js";
import { dateTime, total } from "./format.js";

const PAGE = 100;
const SOON_MS = 400;
const NOTHING = {
  unjudged: "Nothing waits for a verdict.", confirmed: "No alert has been confirmed yet.", dismissed: "No alert has been dismissed yet.", "": "No alert has come yet.",
};

export const AlertsView = {
  components: { AlertCard, RoomFrame },
  props: { fleet: String, account: Object },
  setup() {
    const board = openBoard("/room/live");
    const filter = ref("unjudged");
    const list = shallowRef([]);
    const more = ref(null);
    const { open } = board;
    const error = ref("");
    const fetched = shallowRef(null); // the first page as it is now, while a card is open
    async function load(before) {
      const state = filter.value;
      const answer = await fetchIncidents(before ? { state, limit: PAGE, before } : { state, limit: PAGE });
      if (state !== filter.value) return; // another list is wanted by now
      error.value = answer.error ?? "";
      if (!answer.value) return;
      fetched.value = null;
      list.value = before ? [...list.value, ...answer.value.incidents] : answer.value.incidents;
      more.value = answer.value.next;
    }
    // What comes while the page is open belongs on it: the first page is read again, at most every SOON_MS. Pages that were asked
    // for stay, and nothing moves while a card is open.
    async function refresh() {
      const state = filter.value;
      const answer = await fetchIncidents({ state, limit: PAGE });
      if (state !== filter.value || !answer.value) return;
      fetched.value = answer.value;
      if (open.value === null) show();
    }
    const listed = computed(() => new Set(list.value.map((incident) => incident.id)));
    const waiting = computed(() => (fetched.value?.incidents ?? []).filter((incident) => !listed.value.has(incident.id)).length);
    function show() {
      if (!fetched.value) return;
      const { incidents, next } = fetched.value;
      fetched.value = null;
      const ids = new Set(incidents.map((incident) => incident.id));
      const rest = list.value.filter((incident) => !ids.has(incident.id));
      if (rest.length === list.value.length) more.value = next; // nothing in common: what lies between has not been read
      list.value = rest.length === list.value.length ? incidents : [...incidents, ...rest];
    }
    const seen = new Map(); // incident -> its verdict
    let due = null;
    watch(board.incidents, () => {
      let news = false;
      for (const [id, { verdict }] of board.incidents) {
        if (seen.has(id) && seen.get(id) === (verdict?.at ?? 0)) continue;
        seen.set(id, verdict?.at ?? 0);
        news = true;
      }
      if (news && due === null) due = setTimeout(() => { due = null; refresh(); }, SOON_MS);
    });
    onMounted(() => load(null));
    watch(filter, () => {
      open.value = null;
      load(null);
    });
    watch(open, (id) => { if (id === null) show(); });
    onBeforeUnmount(() => {
      clearTimeout(due);
      board.close();
    });
    const fresh = (incident) => board.incidents.get(incident.id) ?? incident;
    // The board forgets the oldest alerts, and news of a verdict with them: what was decided here is read back all the same.
    function judged(id, { account: by, at, decision, reason }) {
      const verdict = { state: decision === "confirm" ? "confirmed" : "dismissed", by, at, reason };
      list.value = list.value.map((incident) => (incident.id === id ? { ...incident, verdict } : incident));
    }
    const select = (id) => (open.value = open.value === id ? null : id);
    const cards = computed(() => joined(list.value.map(fresh), board.groups, open.value));
    useAlertKeys(open, () => cards.value.map(({ hits }) => shownOf(hits, open.value).id), select);
    return { board, filter, list, cards, more, open, error, load, waiting, show, judged, select, NOTHING };
  },
  template: `
  <RoomFrame :board="board" view="alerts" :fleet="fleet" :account="account">
    <main class="paper"><section class="panel"><h2>Alerts
      <button v-if="waiting > 0" type="button" class="newcomers" @click="show" data-newcomers>{{ waiting }} new: show</button>
      <span class="tools"><span class="hint"><kbd>j</kbd><kbd>k</kbd> move <kbd>c</kbd> confirm <kbd>d</kbd> dismiss</span><select v-model="filter" aria-label="Which alerts" data-alert-filter><option value="unjudged">not judged</option><option value="confirmed">confirmed</option><option value="dismissed">dismissed</option><option value="">all</option></select></span></h2>
      <div class="scroll"><p v-if="error" class="error pad" role="alert">{{ error }}</p>
        <ul class="alert-list wide-list"><AlertCard v-for="{ key, hits } in cards" :key="key" :hits="hits" :board="board" :account="account" :chosen="open" @select="select" @judged="judged" /></ul>
        <p v-if="!list.length && !error" class="empty">{{ NOTHING[filter] }}</p>
        <button v-if="more" type="button" class="plain more" @click="load(more)">Older</button></div>
    </section></main>
  </RoomFrame>`,
};

export const AuditView = {
  components: { RoomFrame },
  props: { fleet: String, account: Object },
  setup() {
    const board = openBoard("/room/live");
    const log = shallowRef({ entries: [], next: null });
    const given = shallowRef({ verdicts: [], next: null });
    const chain = shallowRef(null);
    const error = ref("");
    const only = ref("");
    async function loadLog(before) {
      const query = { limit: PAGE, action: only.value };
      if (before) query.before = before;
      const { value, error: refused } = await fetchAudit(query);
      error.value = refused ?? "";
      if (!value) return;
      if (value.chain) chain.value = value.chain;
      log.value = { entries: before ? [...log.value.entries, ...value.entries] : value.entries, next: value.next };
    }
    async function loadVerdicts(before) {
      const { value, error: refused } = await fetchVerdicts(before ? { limit: PAGE, before } : { limit: PAGE });
      error.value = refused ?? error.value;
      if (value) given.value = { verdicts: before ? [...given.value.verdicts, ...value.verdicts] : value.verdicts, next: value.next };
    }
    function load() {
      loadLog(null);
      loadVerdicts(null);
    }
    const placeOf = (id) => {
      const incident = board.incidents.get(id);
      return incident ? `${incident.zone_label}, ${incident.device_label}` : id;
    };
    onMounted(load);
    watch(only, () => loadLog(null));
    onBeforeUnmount(board.close);
    return { board, log, given, chain, error, only, load, loadLog, loadVerdicts, placeOf, dateTime, total };
  },
  template: `
  <RoomFrame :board="board" view="audit" :fleet="fleet" :account="account">
    <main class="audit-grid">
      <section class="panel" aria-label="Verdicts"><h2>Verdicts <span class="tools"><button type="button" class="plain" @click="load">Read again</button></span></h2>
        <div class="scroll"><table class="device-table audit-table"><thead><tr><th>time</th><th>who</th><th>decision</th><th>alert</th><th>reason</th></tr></thead>
          <tbody><tr v-for="one in given.verdicts" :key="one.n" :data-verdict-row="one.incident"><td>{{ dateTime(one.at) }}</td><td>{{ one.by }}</td><td>{{ one.decision }}</td><td :title="one.incident">{{ placeOf(one.incident) }}</td><td class="audit-detail">{{ one.reason }}</td></tr></tbody></table>
          <p v-if="!given.verdicts.length" class="empty">None yet.</p>
          <button v-if="given.next" type="button" class="plain more" @click="loadVerdicts(given.next)">Older</button></div>
      </section>
      <section class="panel" aria-label="Audit log"><h2>Audit log
        <span v-if="chain" class="chain" :class="chain.broken_at === null ? 'whole' : 'broken'" data-chain>{{ chain.broken_at === null ? "whole: all " + total(chain.checked) + " entries verified" : "BROKEN at entry " + chain.broken_at + ": changed outside the manager" }}</span>
        <span class="tools"><select v-model="only" aria-label="Which entries"><option value="">everything</option><option value="verdict">verdicts</option><option value="login">signing in</option><option value="command">commands</option><option value="twin">configuration</option><option value="account">accounts</option><option value="enrol">enrolment</option><option value="anpr">plates</option><option value="gunshot">shots</option></select></span></h2>
        <div class="scroll"><p v-if="error" class="error pad" role="alert">{{ error }}</p>
          <table class="device-table audit-table"><thead><tr><th class="n">entry</th><th>time</th><th>who</th><th>what</th><th>on</th><th title="Salted digest of what was decided; the log holds no content">digest</th></tr></thead>
            <tbody><tr v-for="entry in log.entries" :key="entry.n" :data-entry="entry.action"><td class="n">{{ entry.n }}</td><td>{{ dateTime(entry.at) }}</td><td>{{ entry.actor }}</td><td>{{ entry.action }}</td><td class="mono audit-subject">{{ entry.subject }}</td><td class="mono muted" :title="entry.digest">{{ entry.digest.slice(0, 12) }}</td></tr></tbody></table>
          <p v-if="!log.entries.length && !error" class="empty">Nothing yet.</p>
          <button v-if="log.next" type="button" class="plain more" @click="loadLog(log.next)">Older</button></div>
      </section>
    </main>
  </RoomFrame>`,
};
