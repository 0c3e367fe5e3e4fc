// One box: how it is, what it was told and what it runs, what it said lately, and what it can be asked to do.

import { computed, ref, watch } from "vue";
import { command, fetchDevice } from "./actions.js";
import { health, silence } from "./board.js";
import { bytes, clockQuality, dateTime, duration, duration_ms, interval, number, total, withSpread } from "./format.js";
import { RoomFrame, useFound } from "./page.js";
import { PictureFrame } from "./picture.js";
import { HistoryChart } from "./history.js";
import { EventStream } from "./stream.js";

const REFRESH_MS = 10_000;
const MOST_NAMES = 64; // characters of the names of models that a box says of one accelerator; so many may be more
const WORDS = { online: "online", degraded: "degraded", offline: "offline", stale: "stale", unknown: "never heard" };

export const CommandPanel = {
  props: { device: String, sources: Array, account: Object, asked: Array },
  emits: ["asked"],
  setup(props, { emit }) {
    const source = ref("");
    const busy = ref("");
    const error = ref("");
    watch(() => props.sources, (sources) => { if (!sources.includes(source.value)) source.value = sources[0] ?? ""; }, { immediate: true });
    async function ask(name) {
      busy.value = name;
      const answer = await command(props.device, name, name === "restart-source" ? source.value : "");
      error.value = answer.error ?? "";
      busy.value = "";
      emit("asked");
    }
    return { source, busy, error, ask, dateTime, duration_ms };
  },
  template: `
  <section class="panel commands" aria-label="Commands">
    <h2>Commands <span class="hint">an order dies after 30 s if the box does not take it</span></h2>
    <div class="scroll pad">
      <p v-if="!account || !account.may_command" class="muted" data-may-not-command>Your role may look, not command.</p>
      <div v-else class="orders">
        <button type="button" :disabled="!!busy" @click="ask('ping')" data-command="ping">Ping</button>
        <button type="button" :disabled="!!busy" @click="ask('report')" data-command="report">Report now</button>
        <span class="pair"><select v-model="source" aria-label="Source" :disabled="!sources.length"><option v-for="s in sources" :key="s">{{ s }}</option></select>
        <button type="button" :disabled="!!busy || !source" @click="ask('restart-source')" data-command="restart-source">Restart source</button></span>
        <span v-if="busy" class="muted">{{ busy }}: waiting for the box…</span>
      </div>
      <p v-if="error" class="error" role="alert" data-command-error>{{ error }}</p>
      <ul class="replies">
        <li v-for="one in asked ?? []" :key="one.key" :data-reply="one.name"><time class="muted">{{ dateTime(one.asked_at) }}</time> <b>{{ one.name }}</b> {{ one.subject }}
          <span v-if="one.reply" :class="{ error: !one.reply.ok }">{{ one.reply.message || (one.reply.ok ? "done" : "refused") }} <small>{{ duration_ms(one.replied_at - one.asked_at) }}</small></span>
          <span v-else class="muted">no answer</span></li>
      </ul>
    </div>
  </section>`,
};

export const TwinPanel = {
  props: { twin: Object },
  setup(props) {
    const json = (value) => JSON.stringify(value, null, 2);
    const agrees = computed(() => props.twin?.desired && props.twin?.reported && props.twin.desired.version === props.twin.reported.version);
    return { json, agrees, dateTime };
  },
  template: `
  <section class="panel twin" aria-label="Configuration">
    <h2>Configuration
      <span v-if="twin && twin.desired" class="count" :class="{ held: !agrees }" data-twin-state>wanted version {{ twin.desired.version }}, runs {{ twin.reported ? twin.reported.version : "nothing yet" }}</span>
      <span v-else class="count">its own file</span></h2>
    <div class="scroll pad">
      <div v-if="twin && twin.reported && twin.reported.refusals && twin.reported.refusals.length" class="refused" role="status" data-refusals>
        <h3>Refused by the box: version {{ twin.reported.refused_version }}</h3>
        <dl><template v-for="refusal in twin.reported.refusals" :key="refusal.path"><dt class="mono">{{ refusal.path }}</dt><dd>{{ refusal.message }}</dd></template></dl>
      </div>
      <div class="twins">
        <details :open="!agrees"><summary>Wanted</summary><pre>{{ twin && twin.desired ? json(twin.desired.config) : "nothing: the box runs its own file" }}</pre></details>
        <details :open="!agrees"><summary>Runs</summary><pre>{{ twin && twin.reported ? json(twin.reported.config) : "the box has not said" }}</pre></details>
      </div>
    </div>
  </section>`,
};

export const DeviceView = {
  components: { CommandPanel, EventStream, HistoryChart, PictureFrame, RoomFrame, TwinPanel },
  props: { fleet: String, account: Object, device: String },
  setup(props) {
    const { board, found: detail, error, load } = useFound(() => fetchDevice(props.device), REFRESH_MS);
    const device = computed(() => board.devices.get(props.device) ?? null);
    const state = computed(() => (device.value ? health(device.value, board.now.value) : "unknown"));
    const age = computed(() => (device.value ? silence(device.value, board.now.value) : null));
    const telemetry = computed(() => detail.value?.telemetry ?? null);
    const config = computed(() => detail.value?.twin?.reported?.config ?? detail.value?.twin?.desired?.config ?? null);
    const sources = computed(() => (config.value?.sources ?? []).map((source) => source.id));
    return { board, detail, error, load, device, state, age, telemetry, config, sources, MOST_NAMES, WORDS, bytes, clockQuality, dateTime, duration, duration_ms, number, total };
  },
  template: `
  <RoomFrame class="device-page" :board="board" view="device" :fleet="fleet" :account="account">
    <main class="device-grid" v-if="device || detail">
      <section class="panel device-state" aria-label="State">
        <div class="scroll pad">
          <h1>{{ device ? device.label : $props.device }}<small class="mono">{{ $props.device }}</small></h1>
          <p class="state-line" :data-health="state"><i class="dot" :class="'h-' + state" aria-hidden="true"></i><b :class="'w-' + state">{{ WORDS[state] }}</b>
            <span v-if="age !== null" :class="{ doubt: state === 'stale' }"> last word {{ duration(age) }} ago<template v-if="state === 'stale'">: what stands below is old</template></span></p>
          <ul v-if="device && device.reasons.length" class="reasons"><li v-for="reason in device.reasons" :key="reason.code + reason.subject"><b>{{ reason.code }}</b> {{ reason.subject }} <span class="muted">{{ reason.detail }}</span></li></ul>
          <dl class="facts" v-if="detail">
            <template v-if="device && device.lat !== null"><dt>place</dt><dd>{{ device.lat.toFixed(5) }}, {{ device.lon.toFixed(5) }}<template v-if="device.heading !== null">, looks {{ number(device.heading) }}°</template></dd></template>
            <template v-if="detail.state && detail.state.versions"><dt>agent</dt><dd>{{ detail.state.versions.agent }}<span class="muted"> {{ ' ' + [detail.state.versions.python && 'Python ' + detail.state.versions.python, detail.state.versions.system, detail.state.versions.hardware].filter(Boolean).join(', ') }}</span></dd></template>
            <template v-if="detail.state && detail.state.models && detail.state.models.length"><dt>models</dt><dd v-for="model in detail.state.models" :key="model.digest">{{ model.name }} {{ model.version }} <span class="muted">{{ model.operating_point }}</span></dd></template>
            <template v-if="telemetry">
              <dt>up for</dt><dd>{{ duration(telemetry.uptime_s) }}<span class="muted" v-if="telemetry.load !== undefined && telemetry.load !== null">, load {{ number(telemetry.load) }}</span></dd>
              <dt>clock</dt><dd :class="{ doubt: telemetry.clock && !telemetry.clock.synchronised }">{{ clockQuality(telemetry.clock) }}</dd>
              <dt>memory, disk</dt><dd>{{ bytes(1e6 * telemetry.memory_mb) }}, {{ bytes(1e6 * telemetry.disk_free_mb) }} free</dd>
              <dt>queue</dt><dd>{{ total(telemetry.outbox?.pending ?? 0) }} events<span class="muted">, oldest {{ duration(telemetry.outbox?.oldest_s ?? 0) }}, given up {{ total(telemetry.outbox?.evicted ?? 0) }}</span></dd>
              <dt>link</dt><dd>{{ bytes(telemetry.link?.bytes_out ?? 0) }} out, {{ bytes(telemetry.link?.bytes_in ?? 0) }} in<span class="muted">, connected {{ telemetry.link?.connections === 1 ? 'once' : total(telemetry.link?.connections ?? 0) + ' times' }}{{ telemetry.link?.last_error ? ', last error: ' + telemetry.link.last_error : '' }}</span></dd>
            </template>
            <dt v-if="detail.boots !== undefined">boots</dt><dd v-if="detail.boots !== undefined">{{ detail.boots }}<span class="muted"> seen; events awaited {{ total(detail.awaited) }}, given up by the box {{ total(detail.missing) }}</span></dd>
          </dl>
          <table v-if="telemetry && telemetry.sources" class="flow-table parts">
            <thead><tr><th>source</th><th>state</th><th class="n">fps</th><th class="n">latency</th><th class="n">pictures</th><th>drops</th></tr></thead>
            <tbody><tr v-for="(source, name) in telemetry.sources" :key="name"><td>{{ name }}</td><td>{{ source.state }}</td><td class="n">{{ number(source.fps ?? 0) }}</td><td class="n">{{ duration_ms(source.latency_ms) }}</td><td class="n">{{ total(source.pictures ?? 0) }}</td><td>{{ Object.entries(source.drops ?? {}).map(([why, n]) => why + '\u00a0' + n).join(', ') || 'none' }}</td></tr></tbody>
          </table>
          <table v-if="telemetry && telemetry.accelerators" class="flow-table parts">
            <thead><tr><th>accelerator</th><th>state</th><th class="n">inference</th><th class="n">restarts</th><th class="n">time-outs</th></tr></thead>
            <tbody v-for="(part, name) in telemetry.accelerators" :key="name"><tr><td>{{ name }}</td><td>{{ part.state }}</td><td class="n">{{ duration_ms(part.inference_ms) }}</td><td class="n">{{ part.restarts ?? 0 }}</td><td class="n">{{ part.timeouts ?? 0 }}</td></tr>
              <tr v-if="part.model"><td colspan="5" class="part-models">runs {{ part.model }}{{ part.model.length < MOST_NAMES ? "" : "…" }}</td></tr></tbody>
          </table>
        </div>
      </section>
      <section class="panel pictures" aria-label="Zones and lines">
        <h2>Zones and lines <span class="hint">drawn on an empty picture: no picture leaves the box</span></h2>
        <div class="scroll pad"><PictureFrame v-for="source in (config ? config.sources : [])" :key="source.id" :source="source" :device="$props.device" :board="board" />
          <p v-if="!config || !config.sources || !config.sources.length" class="empty">The box has not said which zones it counts in.</p></div>
      </section>
      <CommandPanel :device="$props.device" :sources="sources" :account="account" :asked="detail ? detail.commands : []" @asked="load" />
      <section class="panel history" aria-label="Telemetry"><h2>Telemetry <span class="hint">since this manager started</span></h2><HistoryChart v-if="detail" :history="detail.history" /></section>
      <TwinPanel :twin="detail ? detail.twin : null" />
      <EventStream :board="board" :device="$props.device" :earlier="detail ? detail.rows : []" />
    </main>
    <p v-else-if="error" class="error pad" role="alert">{{ error }} · <a href="/">all boxes</a></p>
  </RoomFrame>`,
};
