// Entries of a draft or version, behind a reason.
//
// Rules: no plate is on a page before somebody said why; who looked is recorded before the first one is shown, with a digest of
// the reason; what was shown goes with the button, and with the page.

import { computed, reactive, shallowRef } from "vue";
import { lookAtDraft } from "./actions.js";
import { total } from "./format.js";

const PAGE = 1000;
const SIGNS = { "+": "comes", "-": "goes", "~": "other comment" };

export const EntriesPanel = {
  props: { version: Object, account: Object },
  setup(props) {
    const form = reactive({ asking: "", reason: "", plate: "", busy: false, error: "" });
    const shown = shallowRef(null); // {what, rows, more}
    const draft = computed(() => props.version.state === "draft");
    async function look(what, after = 0) {
      if (form.busy) return;
      form.busy = true;
      const wanted = { reason: form.reason.trim(), ...(what === "who" ? { plate: form.plate.trim() } : { after, limit: PAGE }) };
      const { value, error } = await lookAtDraft(props.version.number, what, wanted);
      Object.assign(form, { busy: false, error: error ?? "" });
      if (!value) return;
      const rows = value.changes ?? value.entries;
      shown.value = { what, rows: after ? [...shown.value.rows, ...rows] : rows, more: what !== "who" && rows.length === PAGE };
    }
    function ask(what) {
      Object.assign(form, { asking: what, error: "" });
      shown.value = null;
    }
    function hide() {
      Object.assign(form, { asking: "", reason: "", plate: "", error: "" });
      shown.value = null;
    }
    const TITLES = { changes: "Show what would change", entries: "Show all entries", who: "Find a plate" };
    return { form, shown, draft, look, ask, hide, TITLES, SIGNS, total };
  },
  template: `
  <div v-if="account && account.may_see_entries" class="entries" data-entries>
    <p class="asks">
      <button v-if="draft" type="button" class="plain" :aria-pressed="form.asking === 'changes' ? 'true' : 'false'" @click="ask('changes')" data-entries-ask="changes">What would change…</button>
      <button type="button" class="plain" :aria-pressed="form.asking === 'entries' ? 'true' : 'false'" @click="ask('entries')" data-entries-ask="entries">Entries…</button>
      <button type="button" class="plain" :aria-pressed="form.asking === 'who' ? 'true' : 'false'" @click="ask('who')" data-entries-ask="who">Find a plate…</button>
      <button v-if="form.asking" type="button" class="plain" @click="hide" data-entries-hide>Hide</button>
    </p>
    <form v-if="form.asking && !shown" class="reason" @submit.prevent="look(form.asking)" @keydown.esc.stop="hide">
      <label>Why do you look? It is recorded with your name. <input v-model="form.reason" maxlength="200" autocomplete="off" data-entries-reason /></label>
      <label v-if="form.asking === 'who'">Plate <input v-model="form.plate" maxlength="24" autocomplete="off" spellcheck="false" data-entries-plate /></label>
      <div class="buttons"><button type="submit" :disabled="form.busy || (form.asking === 'who' && !form.plate.trim())" data-entries-give>{{ TITLES[form.asking] }}</button></div>
    </form>
    <p v-if="form.error" class="error" role="alert" data-entries-error>{{ form.error }}</p>
    <div v-if="shown" class="entry-list">
      <p v-if="!shown.rows.length" class="muted" data-entries-none>{{ shown.what === "who" ? "That plate is not on it." : "No entry would come or go." }}</p>
      <table v-else class="flow-table"><thead><tr><th v-if="shown.what === 'changes'">what</th><th>plate or pattern</th><th>comment</th></tr></thead>
        <tbody><tr v-for="(one, i) in shown.rows" :key="i" :class="'e-' + (one.sign ?? '')" data-entry><td v-if="shown.what === 'changes'">{{ SIGNS[one.sign] }}</td><td><b class="plate">{{ one.plate }}</b></td><td class="audit-detail">{{ one.comment }}</td></tr></tbody></table>
      <button v-if="shown.more" type="button" class="plain more" :disabled="form.busy" @click="look(shown.what, shown.rows.length)">The next {{ total(1000) }}…</button>
    </div>
  </div>`,
};
