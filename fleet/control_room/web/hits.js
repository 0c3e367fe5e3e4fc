// Hits and clones on an alert's card: the plate, what else it may have been, what stands beside it, and where it was before.
//
// Rules:
// - A plate comes over the line only to whoever may ask about plates; for everybody else the card stands without it.
// - What stands beside a hit is asked for when the card is opened, which is recorded; its path is asked for with a reason, and what
//   is older than the policy's free days with a prosecutor's decision too (path.js).
// - The register's word is a hint and is shown as one, below what was observed.

import { computed, ref, shallowRef, watch } from "vue";
import { dateTime, duration, number, percent } from "./format.js";
import { fetchHit } from "./actions.js";
import { HitPath } from "./path.js";

const THROUGH = { best: "", alternate: "matched through an alternate", pattern: "matched through a pattern" };
const known = (word) => (word && word !== "unknown" ? word : "");

/** "red car, towards the camera, lane inner": what is known of a passage besides its plate. */
export function passageText(hit) {
  const way = { towards: "towards the camera", away: "away from the camera" }[hit.direction];
  return [[known(hit.colour), known(hit.kind)].filter(Boolean).join(" ") || "vehicle", way, hit.lane && `lane ${hit.lane}`].filter(Boolean).join(", ");
}

export const HitHead = {
  props: { hit: Object },
  setup: () => ({ THROUGH, percent, passageText }),
  template: `
  <span class="alert-figures hit-head">
    <b v-if="hit.plate" class="plate" data-plate>{{ hit.plate }}</b><span v-else class="muted" data-no-plate>plate not shown to your role</span>
    <span class="hit-posterior" title="Calibrated probability that this is the plate" data-posterior>{{ percent(hit.posterior) }}</span>
    <span v-if="THROUGH[hit.through]" class="through" data-through>{{ THROUGH[hit.through] }}</span>
  </span>`,
};

export const CloneHead = {
  props: { clone: Object },
  setup: () => ({ duration }),
  template: `
  <span class="alert-figures">
    <span class="people"><b>{{ duration(clone.took_s) }}</b></span> <span class="muted">apart, the quickest drive takes</span> {{ duration(clone.needs_s) }}
  </span>`,
};

export const HitBody = {
  components: { HitPath },
  props: { incident: Object, board: Object, account: Object },
  setup(props) {
    const facts = shallowRef(null);
    const closed = ref(""); // why nothing stands beside it; "decision" where a prosecutor's would open it
    const error = ref("");
    const hit = computed(() => props.incident.hit);
    const may = computed(() => Boolean(props.account?.may_search_plates));
    watch(() => props.incident.id, async (id) => {
      facts.value = null;
      closed.value = error.value = "";
      if (!may.value) return;
      const { value, error: refused, said } = await fetchHit(id);
      if (id !== props.incident.id) return;
      facts.value = value ?? null;
      error.value = refused ?? "";
      closed.value = said?.error ?? "";
    }, { immediate: true });
    const found = computed(() => facts.value?.camera);
    return { hit, facts, closed, error, may, found, THROUGH, percent, passageText, number };
  },
  template: `
  <div class="hit" data-hit-body>
    <p>{{ passageText(hit) }}, read in {{ hit.pictures }} {{ hit.pictures === 1 ? "picture" : "pictures" }}, plate {{ number(hit.plate_px) }} px wide at best.
      <template v-if="hit.kind !== 'unknown'">Kind {{ percent(hit.kind_p) }}.</template> <template v-if="hit.colour !== 'unknown'">Colour {{ percent(hit.colour_p) }}.</template>
      <template v-else>Colour not seen.</template></p>
    <ol v-if="hit.alternates.length" class="readings" aria-label="Plausible readings" data-readings>
      <li v-for="one in hit.alternates" :key="one.plate" :class="{ matched: one.matched }"><b class="plate">{{ one.plate }}</b><span class="weight"><i :style="{ width: 100 * one.probability + '%' }"></i></span><span>{{ percent(one.probability) }}</span>
        <em v-if="one.matched" data-matched>on the list</em></li>
    </ol>
    <p v-if="THROUGH[hit.through]" class="doubt">{{ THROUGH[hit.through] === THROUGH.alternate ? "Matched through an alternate: another reading is more probable. Look at the vehicle before anything is done." : "Matched through a pattern: only part of the plate is on the list." }}</p>
    <p>List <b>{{ hit.list }}</b>, version {{ hit.version }}<template v-if="facts">, purpose <b data-purpose>{{ facts.purpose_label || "not known to this manager" }}</b></template>.</p>
    <p v-if="facts && facts.register" class="register" :class="{ doubt: facts.register.disagrees.length }" data-register><b>Register</b> {{ facts.register.words }}</p>
    <p v-if="found" data-precision>Of this camera's judged hits {{ percent(found.value) }} were confirmed ({{ percent(found.low) }} to {{ percent(found.high) }}, {{ found.n }} judged).</p>
    <p v-else-if="facts" class="muted" data-precision>No hit of this camera has been judged yet.</p>
    <p v-if="error" class="error" role="alert" data-hit-error>{{ error }}</p>
    <HitPath v-if="may" :incident="incident" :board="board" :facts="facts" :old="closed === 'decision'" />
  </div>`,
};

export const CloneBody = {
  props: { clone: Object, board: Object },
  setup(props) {
    const label = (name) => props.board.devices.get(name)?.label ?? name;
    return { label, known, dateTime, duration, number };
  },
  template: `
  <div data-clone-body>
    <p>One pseudonym was read at two places that no drive can join, {{ clone.contradictions }} {{ clone.contradictions === 1 ? "time" : "times" }}. The clearest:</p>
    <ol class="path-list"><li v-for="(one, index) in [clone.first, clone.second]" :key="index"><b>{{ index + 1 }}</b> <time>{{ dateTime(one.at) }}</time> {{ label(one.device) }}<span v-if="known(one.colour) || known(one.kind)" class="muted"> · {{ [known(one.colour), known(one.kind)].filter(Boolean).join(" ") }}</span></li></ol>
    <p>{{ duration(clone.took_s) }} lie between them; the quickest drive takes {{ duration(clone.needs_s) }}, as learned from the traffic, or from the distance where there is little. If there were one car, {{ clone.wrong }}
      {{ clone.wrong === 1 ? "reading" : "readings" }} would have to be wrong. The plate is not known here: it stands under purpose <b>{{ clone.purpose }}</b> as a pseudonym.</p>
  </div>`,
};
