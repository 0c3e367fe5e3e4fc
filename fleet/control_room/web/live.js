// The page an operator looks at all day: alerts left, the city in the middle, people right, boxes and events below.

import { onBeforeUnmount, shallowRef } from "vue";
import { openBoard } from "./board.js";
import { fetchPlan } from "./actions.js";
import { AlertList } from "./alerts.js";
import { CityMap } from "./map.js";
import { DeviceTable } from "./devices.js";
import { EventStream } from "./stream.js";
import { RoomFrame } from "./page.js";
import { FlowList, ZoneList } from "./zones.js";

export const LiveView = {
  components: { AlertList, CityMap, DeviceTable, EventStream, FlowList, RoomFrame, ZoneList },
  props: { fleet: String, account: Object },
  setup() {
    const board = openBoard("/room/live");
    const plan = shallowRef(undefined); // undefined = not asked yet, null = the manager has none
    fetchPlan().then((value) => (plan.value = value));
    onBeforeUnmount(board.close);
    return { board, plan };
  },
  template: `
  <RoomFrame class="live" :board="board" view="live" :fleet="fleet" :account="account">
    <main class="live-grid">
      <AlertList :board="board" :account="account" />
      <CityMap v-if="plan !== undefined" :board="board" :plan="plan" shots />
      <section v-else class="panel map"></section>
      <div class="people-column"><ZoneList :board="board" /><FlowList :board="board" /></div>
      <DeviceTable :board="board" />
      <EventStream :board="board" />
    </main>
  </RoomFrame>`,
};
