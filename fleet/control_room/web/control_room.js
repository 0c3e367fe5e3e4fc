// The one element that the manager's pages name; which view it shows is a property.
//
// NiceGUI's own line is closed once the page stands: nothing comes over it, and it would load the page anew whenever the manager
// was away, with whatever a person was typing. The room's line (connection.js) finds the manager again by itself.

import { onMounted } from "vue";
import { AlertsView, AuditView, DeviceView, ListView, ListsView, LiveView, PlatesView, RolloutView, RolloutsView } from "lamplighter-room";

export default {
  components: { AlertsView, AuditView, DeviceView, ListView, ListsView, LiveView, PlatesView, RolloutView, RolloutsView },
  props: { view: String, fleet: String, account: Object, device: { type: String, default: null }, rollout: { type: Number, default: null }, hit_list: { type: String, default: null } },
  setup() {
    function hangUp() {
      const line = window.socket;
      if (line?.connected) line.disconnect();
      else line?.once("connect", () => line.disconnect());
    }
    onMounted(() => setTimeout(hangUp)); // NiceGUI opens it when all that is inside has mounted
  },
  template: `
    <LiveView v-if="view === 'live'" :fleet="fleet" :account="account" />
    <DeviceView v-else-if="view === 'device'" :fleet="fleet" :account="account" :device="device" />
    <AlertsView v-else-if="view === 'alerts'" :fleet="fleet" :account="account" />
    <PlatesView v-else-if="view === 'plates'" :fleet="fleet" :account="account" />
    <RolloutsView v-else-if="view === 'rollouts'" :fleet="fleet" :account="account" />
    <RolloutView v-else-if="view === 'rollout'" :fleet="fleet" :account="account" :number="rollout" />
    <ListsView v-else-if="view === 'lists'" :fleet="fleet" :account="account" />
    <ListView v-else-if="view === 'list'" :fleet="fleet" :account="account" :name="hit_list" />
    <AuditView v-else :fleet="fleet" :account="account" />`,
};
