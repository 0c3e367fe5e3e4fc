// The form that drafts a hit list, or a change of one.
//
// Rules:
// - What was typed or given stays until there is a draft of it: whatever is refused is named beside its line, and the page asks
//   before it is left.
// - Nothing is kept on this machine: plates are in this form and nowhere else.
// - The manager judges lines; here is refused only what its answer could not name well.

import { computed, nextTick, onBeforeUnmount, onMounted, reactive, ref, shallowRef } from "vue";
import { draftList, holdPage } from "./actions.js";
import { day, dateTime, total } from "./format.js";
import { compose, readText, span } from "./plate_lines.js";

const SHOWN_CHARACTERS = 200_000; // a text field with more makes a browser slow
const DAY_MS = 86_400_000;
const NAME = /^[a-z][a-z0-9-]{0,31}$/;
const HELP = "One plate or pattern a line, then a comma and a comment, which never leaves the manager.";

/** A field for plates: typed, pasted, or from files. */
export const PlatesField = {
  props: { piece: Object, label: String, name: String },
  setup(props) {
    const area = ref(null);
    const error = ref("");
    async function take(event) {
      const [file] = event.target.files;
      event.target.value = "";
      if (!file) return;
      const read = await readText(file);
      error.value = read.error;
      if (read.error) return;
      if (read.text.length > SHOWN_CHARACTERS) {
        props.piece.files.push({ name: file.name, text: read.text, lines: read.text.split("\n").filter((line) => line.trim()).length });
      } else {
        const before = props.piece.text.trimEnd();
        props.piece.text = before ? `${before}\n${read.text}` : read.text;
      }
    }
    /** Show a person a line of what was typed. */
    function show(line) {
      const [from, to] = span(props.piece.text, line);
      area.value.focus();
      area.value.setSelectionRange(from, to);
      area.value.scrollTop = Math.max(0, (line - 3) * 18);
    }
    return { area, error, take, show, total };
  },
  template: `
  <div class="plates-field" :data-plates="name">
    <label :for="'plates-' + name">{{ label }}</label>
    <textarea :id="'plates-' + name" ref="area" v-model="piece.text" rows="7" spellcheck="false" autocomplete="off" autocapitalize="characters" wrap="off"
      placeholder="1-ABC-123,case 2026/81" :data-plates-text="name"></textarea>
    <p v-for="(file, i) in piece.files" :key="i" class="held-file" data-plates-file><b>{{ file.name }}</b> {{ total(file.lines) }} lines, not shown here <button type="button" class="plain" @click="piece.files.splice(i, 1)">Take away</button></p>
    <p class="file-line"><label class="file-button">Add a CSV file…<input type="file" accept=".csv,.txt,text/csv,text/plain" @change="take" :data-plates-give="name" /></label></p>
    <p v-if="error" class="error" role="alert" data-plates-error>{{ error }}</p>
  </div>`,
};

/** What became of a draft: said until it is put away. */
export const DraftDone = {
  props: { done: Object },
  emits: ["close"],
  setup: () => ({ dateTime, total }),
  template: `
  <div class="draft-done" role="status" data-draft-done>
    <p><b>Draft {{ done.number }} of list {{ done.list }}</b>: {{ total(done.entries) }} {{ done.entries === 1 ? "entry" : "entries" }}, of which {{ total(done.added) }} come; {{ total(done.removed) }} go. Until {{ dateTime(done.expires) }}.</p>
    <ul v-if="done.again.length" data-draft-again><li v-for="(one, i) in done.again" :key="i">{{ one }}</li><li v-if="done.repeated > done.again.length">and {{ total(done.repeated - done.again.length) }} more</li></ul>
    <p><b>Somebody else has to approve it</b>: until then no box looks for these plates.</p>
    <p class="buttons"><a v-if="done.open" class="as-button" :href="'/hit-lists/' + done.list">Open list {{ done.list }}</a><button type="button" class="plain" @click="$emit('close')">Put away</button></p>
  </div>`,
};

export const DraftForm = {
  components: { PlatesField },
  props: { base: Object, purposes: Array, nowMs: Number },
  emits: ["drafted", "close"],
  setup(props, { emit }) {
    const standing = computed(() => props.base?.standing ?? null);
    const known = computed(() => standing.value ?? props.base?.last ?? null);
    const form = reactive({ name: props.base?.list ?? "", purpose: known.value?.purpose ?? "", basis: standing.value ? "" : known.value?.basis ?? "", until: "", least: "", mode: standing.value ? "change" : "whole" });
    const pieces = reactive({ whole: { text: "", files: [] }, come: { text: "", files: [] }, go: { text: "", files: [] } });
    const fields = reactive({});
    const faults = shallowRef([]);
    const again = shallowRef([]);
    const more = ref(0);
    const error = ref("");
    const busy = ref(false);
    const alarm = ref(null);
    const purpose = computed(() => props.purposes.find((one) => one.name === form.purpose));
    const last = computed(() => day(props.nowMs + ((purpose.value?.list_days ?? 1) - 1) * DAY_MS));
    const used = computed(() => (form.mode === "whole" ? ["whole"] : ["go", "come"]));
    const holds = () => Object.values(pieces).some((piece) => piece.text.trim() || piece.files.length);
    let letGo = () => {};
    onMounted(() => {
      letGo = holdPage(holds);
    });
    onBeforeUnmount(() => letGo());

    const TITLES = { whole: "", come: "plates that come, ", go: "plates that go, " };
    function body() {
      const parts = [];
      for (const key of used.value) {
        const sign = { whole: "", come: "+", go: "-" }[key];
        parts.push({ title: TITLES[key], sign, text: pieces[key].text, field: key });
        for (const file of pieces[key].files) parts.push({ title: `${TITLES[key]}${file.name}, `, sign, text: file.text, field: "" });
      }
      return { parts, made: compose(parts) };
    }
    function wanted() {
      const result = { list: form.name.trim(), mode: form.mode };
      if (form.purpose && !standing.value) result.purpose = form.purpose;
      if (form.basis.trim()) result.basis = form.basis.trim();
      if (form.until) {
        const [year, month, date] = form.until.split("-").map(Number);
        result.expires = new Date(year, month - 1, date, 23, 59, 59).toISOString();
      }
      if (form.least !== "") result.least = form.least / 100;
      return result;
    }
    function lacking() {
      if (!NAME.test(form.name.trim())) return "Name the list with small letters, digits and hyphens, a letter first, at most 32: for example stolen-vehicles.";
      if (!props.purposes.length) return "The fleet's policy has no purpose for which lists may be made; whoever runs the manager sets it.";
      if (!form.purpose) return "Choose the purpose: a list keeps it.";
      if (!known.value?.basis && !form.basis.trim()) return "Give the reference of the legal basis, for example a warrant's number.";
      if (!standing.value && !form.until) return `Give the day on which the list ends, at the latest ${last.value}.`;
      return "";
    }
    async function give() {
      if (busy.value) return;
      error.value = lacking();
      faults.value = again.value = [];
      more.value = 0;
      if (error.value) return;
      const { parts, made } = body();
      busy.value = true;
      const answer = await draftList(wanted(), made.text);
      busy.value = false;
      const place = (line) => ({ ...made.place(line), field: parts[made.place(line).piece].field });
      const words = (line) => `${made.place(line).title}line ${made.place(line).line}`;
      const repeats = (one) => `${words(one.line)} repeats ${one.before ? words(one.before) : "what is on the list already"}; counted once`;
      if (answer.value) {
        for (const piece of Object.values(pieces)) Object.assign(piece, { text: "", files: [] });
        emit("drafted", { ...answer.value, again: answer.value.repetitions.map(repeats) });
        return;
      }
      error.value = answer.error;
      const said = answer.said ?? {};
      if (said.faults?.length) {
        error.value = `${said.total === 1 ? "One line is no entry" : `${said.total} lines are no entries`}. Nothing was kept by the manager; all that you gave is still here: correct it and draft again.`;
        faults.value = said.faults.map((one) => ({ at: place(one.line), where: words(one.line), message: one.message.replace(/see line (\d+)/, (_, line) => `see ${words(Number(line))}`) }));
        more.value = said.total - said.faults.length;
      }
      again.value = (said.repetitions ?? []).map(repeats);
      nextTick(() => alarm.value?.scrollIntoView({ block: "nearest" }));
    }
    const show = (at) => fields[at.field]?.show(at.line);
    const leave = () => (!holds() || window.confirm("Put away what you typed?")) && emit("close");
    return { form, pieces, fields, standing, known, purpose, last, used, faults, again, more, error, busy, alarm, give, show, leave, day, dateTime, HELP };
  },
  template: `
  <form class="draft-form" @submit.prevent="give" data-draft-form novalidate>
    <fieldset><legend>{{ standing ? "A change of version " + standing.version : "A list" }}</legend>
      <label v-if="!base">Name <input v-model="form.name" maxlength="32" autocomplete="off" placeholder="stolen-vehicles" data-draft-name /></label>
      <label v-if="!known">Purpose <select v-model="form.purpose" data-draft-purpose><option value="" disabled>choose…</option><option v-for="one in purposes" :key="one.name" :value="one.name">{{ one.label }}</option></select></label>
      <p v-if="purpose" class="muted purpose-words">{{ purpose.label }}: {{ purpose.reference }}. A list ends within {{ purpose.list_days }} days; hits are kept {{ purpose.hit_days }} days.</p>
      <label>Legal basis <input v-model="form.basis" maxlength="120" autocomplete="off" :placeholder="standing ? 'stays ' + standing.basis : 'warrant 2026/81'" data-draft-basis /></label>
      <label>Last day <input v-model="form.until" type="date" :min="day(nowMs)" :max="last" data-draft-until /></label>
      <p v-if="standing" class="muted">without another day it ends as before, {{ dateTime(standing.expires) }}</p>
      <label>A hit from % certain <input v-model.number="form.least" type="number" min="1" max="100" step="any" :placeholder="standing ? 'stays ' + Math.round(100 * standing.least) : '50'" data-draft-least /></label>
    </fieldset>
    <fieldset class="plates"><legend>Plates</legend>
      <p v-if="standing" class="modes" role="radiogroup" aria-label="How"><label class="check"><input v-model="form.mode" type="radio" value="change" name="mode" /> some come, some go</label>
        <label class="check"><input v-model="form.mode" type="radio" value="whole" name="mode" data-draft-whole /> the whole list anew</label></p>
      <p class="muted">{{ HELP }} <b>?</b> is one unknown character, <b>*</b> any number of them, at the beginning or the end.</p>
      <div class="plates-fields" :class="{ two: used.length > 1 }">
        <PlatesField v-if="form.mode === 'whole'" :ref="(field) => (fields.whole = field)" :piece="pieces.whole" label="All plates of the list" name="whole" />
        <template v-else><PlatesField :ref="(field) => (fields.come = field)" :piece="pieces.come" label="Plates that come" name="come" />
          <PlatesField :ref="(field) => (fields.go = field)" :piece="pieces.go" label="Plates that go" name="go" /></template>
      </div>
    </fieldset>
    <div v-if="error" ref="alarm" class="draft-faults" role="alert" data-draft-error>
      <p class="error">{{ error }}</p>
      <ol v-if="faults.length"><li v-for="(one, i) in faults" :key="i" data-draft-fault><button v-if="one.at.field" type="button" class="plain where" @click="show(one.at)">{{ one.where }}</button><span v-else class="where">{{ one.where }}</span>{{ " " }}<code>{{ one.at.text.slice(0, 60) }}</code> <span>{{ one.message }}</span></li></ol>
      <p v-if="more > 0">and {{ more }} more lines; they are named when these are corrected.</p>
      <ul v-if="again.length"><li v-for="(one, i) in again" :key="i" class="doubt" data-draft-again>{{ one }}</li></ul>
    </div>
    <div class="buttons">
      <button type="submit" class="go" :disabled="busy" data-draft-give>{{ busy ? "Sending…" : "Draft it" }}</button>
      <button type="button" class="plain" @click="leave" data-draft-leave>Back</button>
      <span class="muted">Another account has to approve it before any box looks for a plate.</span>
    </div>
  </form>`,
};
