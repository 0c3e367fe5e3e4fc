// Entry of the control room's pages; the one component that the manager's pages name mounts one of these views.

export { LiveView } from "./live.js";
export { DeviceView } from "./device.js";
export { AlertsView, AuditView } from "./audit.js";
export { PlatesView } from "./plates.js";
export { RolloutView } from "./rollout.js";
export { RolloutsView } from "./rollouts.js";
export { ListView } from "./list.js";
export { ListsView } from "./lists.js";
