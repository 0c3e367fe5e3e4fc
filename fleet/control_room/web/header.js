// The bar on top: what the city's boxes are doing, how fast word comes, who is signed in, and whether this page still lives.

import { computed } from "vue";
import { duration_ms, duration, clockTime, total, zone } from "./format.js";
import { health, HEALTH_ORDER } from "./board.js";
import { sessionEnded } from "./actions.js";

const WORDS = { online: "online", degraded: "degraded", offline: "offline", stale: "stale", unknown: "never heard" };

export const RoomHeader = {
  props: { board: Object, view: String, fleet: String, account: Object },
  setup(props) {
    const board = props.board;
    const counts = computed(() => {
      const now = board.now.value;
      const result = Object.fromEntries(HEALTH_ORDER.map((key) => [key, 0]));
      for (const device of board.devices.values()) result[health(device, now)] += 1;
      return result;
    });
    const unjudged = computed(() => {
      let count = 0;
      for (const incident of board.incidents.values()) if (!incident.verdict) count += 1;
      return Math.max(count, board.totals.value.unjudged ?? 0);
    });
    const time = computed(() => clockTime(board.now.value));
    const deskZone = computed(() => zone(board.now.value));
    return { counts, unjudged, time, deskZone, WORDS, ORDER: [...HEALTH_ORDER].reverse(), duration_ms, total, board };
  },
  template: `
  <header class="bar" role="banner">
    <a class="brand" href="/"><span class="lamp" aria-hidden="true"></span>Lamplighter<span class="fleet">{{ fleet }}</span></a>
    <nav class="views" aria-label="Pages">
      <a href="/" :aria-current="view === 'live' ? 'page' : null">Live</a>
      <a href="/alerts" :aria-current="view === 'alerts' ? 'page' : null">Alerts</a>
      <a v-if="account && account.may_search_plates" href="/plates" :aria-current="view === 'plates' ? 'page' : null" data-plates-link>Plates</a>
      <a href="/rollouts" :aria-current="view === 'rollouts' || view === 'rollout' ? 'page' : null">Rollouts</a>
      <a v-if="account && account.keeps_lists" href="/hit-lists" :aria-current="view === 'lists' || view === 'list' ? 'page' : null" data-lists-link>Hit lists</a>
      <a v-if="account && account.may_audit" href="/audit" :aria-current="view === 'audit' ? 'page' : null">Audit</a>
    </nav>
    <dl class="figures">
      <div class="figure" :class="{ alarm: unjudged > 0 }" data-figure="unjudged">
        <dt>to judge</dt><dd>{{ total(unjudged) }}</dd>
      </div>
      <template v-for="key in ORDER" :key="key">
        <div v-if="counts[key] > 0 || key === 'online'" class="figure" :class="'is-' + key" :data-figure="key">
          <dt><i class="dot" :class="'h-' + key" aria-hidden="true"></i>{{ WORDS[key] }}</dt><dd>{{ counts[key] }}</dd>
        </div>
      </template>
      <div v-if="board.totals.value.quarantined > 0" class="figure is-degraded" data-figure="quarantined" title="Messages that the manager refused; they are kept with sender and reason">
        <dt>refused</dt><dd>{{ total(board.totals.value.quarantined) }}</dd>
      </div>
      <div class="figure quiet" data-figure="rate" title="Events stored per second, mean of the last 10 s">
        <dt>events/s</dt><dd>{{ board.totals.value.rate === undefined ? "–" : board.totals.value.rate.toFixed(board.totals.value.rate < 10 ? 1 : 0) }}</dd>
      </div>
      <div class="figure quiet" data-figure="latency" title="From the making of an event on its box to this manager: half are faster / 95 % are faster (last minute, boxes whose clock is set)">
        <dt>latency p50 / p95</dt><dd>{{ duration_ms(board.totals.value.p50_ms) }} / {{ duration_ms(board.totals.value.p95_ms) }}</dd>
      </div>
      <div class="figure quiet wide" data-figure="events" title="Events that the store has numbered">
        <dt>events</dt><dd>{{ total(board.totals.value.events) }}</dd>
      </div>
    </dl>
    <div class="who">
      <span class="link" :class="board.link.state" role="status" data-link>
        <i class="pulse" aria-hidden="true"></i>{{ board.link.state === "live" ? "live" : board.link.state === "lost" ? "no connection" : "connecting" }}
      </span>
      <time class="clock" title="The manager's clock, in this desk's time zone; so are all times on these pages">{{ time }}<small>{{ deskZone }}</small></time>
      <span v-if="account" class="account" :title="'Role: ' + account.role">{{ account.name }}<small>{{ account.role }}</small></span>
      <form method="post" action="/logout"><button class="plain" type="submit" data-logout>Sign out</button></form>
    </div>
  </header>`,
};

export const LostLine = {
  props: { board: Object },
  setup(props) {
    const silent = computed(() => duration(props.board.link.silent / 1000));
    return { silent, board: props.board, sessionEnded };
  },
  template: `
  <div v-if="board.link.state === 'lost'" class="lost-line" role="alert" data-lost>
    <strong>{{ sessionEnded ? "Your session has ended" : "No connection to the manager" }}</strong>
    <span v-if="sessionEnded">What you typed stays on this page: <a href="/login" target="_blank" rel="noopener">sign in in another tab</a>, then go on here.</span>
    <span v-else>What you see is {{ silent }} old and does not change. New alerts do not reach this page. Trying again without a break.</span>
  </div>`,
};
