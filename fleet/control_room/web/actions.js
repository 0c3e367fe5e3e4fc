// What a person does from a page: each is one request to the manager, which checks role and session again.

import { ref } from "vue";

/** Whether the session has ended on a page that was not left, for it holds what a person typed. */
export const sessionEnded = ref(false);
const typed = new Set();

/** Hold the page while `holds()` is true: it asks before it is left, and stays when the session ends. @returns what lets go. */
export function holdPage(holds) {
  const ask = (event) => {
    if (holds()) event.preventDefault();
  };
  typed.add(holds);
  window.addEventListener("beforeunload", ask);
  return () => {
    typed.delete(holds);
    window.removeEventListener("beforeunload", ask);
  };
}

/** Leave for the sign-in page, which says that the session has ended and leads back here. @returns whether the page is left. */
export function signInAgain() {
  sessionEnded.value = [...typed].some((holds) => holds());
  if (!sessionEnded.value) window.location.assign(`/login?why=ended&next=${encodeURIComponent(window.location.pathname)}`);
  return !sessionEnded.value;
}

function request(method, path, body) {
  return send(method, path, body === undefined ? undefined : JSON.stringify(body), "application/json");
}

async function send(method, path, body, kind) {
  let response;
  try {
    response = await fetch(path, { method, headers: { "Content-Type": kind, Accept: "application/json" }, body });
  } catch {
    return { error: "The manager does not answer. Nothing was recorded; try again." };
  }
  if (response.status === 401) {
    return { error: signInAgain() ? "Signed out." : "Your session has ended. Sign in in another tab, then try again here: what you typed stays." };
  }
  let value = null;
  try {
    value = await response.json();
  } catch {
    return { error: `The manager answered ${response.status} without a readable body.` };
  }
  if (response.ok) return { value };
  return { error: typeof value?.message === "string" ? value.message : `The manager refused (${response.status}).`, said: value };
}

/** Record a verdict: "confirm" or "dismiss". @returns {Promise<{verdict: object, error: string}>} "" when it stands, else what to tell the person. */
export async function judge(incident, decision, reason) {
  const { value, error } = await request("POST", `/api/v1/incidents/${encodeURIComponent(incident)}/verdict`, { decision, reason });
  return { verdict: value, error: error ?? "" };
}

/** Ask a box to do something; answers {value: {ok, message}} or {error}. */
export function command(device, name, subject) {
  return request("POST", `/api/v1/devices/${encodeURIComponent(device)}/command`, { command: name, subject: subject || null });
}

/** One whole event as it was stored, by its row. */
export function fetchEvent(row) {
  return request("GET", `/room/events/${encodeURIComponent(row)}`);
}

/** What a device's page shows. */
export function fetchDevice(id) {
  return request("GET", `/room/devices/${encodeURIComponent(id)}`);
}

/** The audit log, newest first; its first page says whether the chain holds. */
export function fetchAudit(query) {
  return request("GET", `/room/audit?${new URLSearchParams(query)}`);
}

/** Verdicts, newest first. */
export function fetchVerdicts(query) {
  return request("GET", `/room/verdicts?${new URLSearchParams(query)}`);
}

/** Incidents, newest first, in pages. */
export function fetchIncidents(query) {
  return request("GET", `/room/incidents?${new URLSearchParams(query)}`);
}

/** What stands beside a hit: purpose, the register's hint, how right its camera is. Asking is recorded. */
export function fetchHit(incident) {
  return request("GET", `/api/v1/anpr/hits/${encodeURIComponent(incident)}`);
}

/** All hits of a hit's plate, oldest first. Asking is recorded, with the reason and a prosecutor's decision where there is one. */
export function fetchPath(incident, reason, decision) {
  return request("POST", `/api/v1/anpr/hits/${encodeURIComponent(incident)}/path`, { reason, decision });
}

/** Hold alerts of shots to high confidence until a time (ms). It is recorded with the reason. */
export function holdAlerts(reason, until) {
  return request("POST", "/api/v1/gunshots/standard", { reason, until });
}

/** End that. */
export function releaseAlerts(reason) {
  return request("POST", "/api/v1/gunshots/standard/release", { reason });
}

/** Purposes for which may be asked about plates. */
export function fetchPurposes() {
  return request("GET", "/room/purposes");
}

/** Where a plate was read, or what was read at boxes in a time. Asking is recorded. */
export function askPlates(wanted) {
  return request("POST", "/api/v1/anpr/search", wanted);
}

/** The base plan as GeoJSON, or null where the manager has none. */
export async function fetchPlan() {
  const { value } = await request("GET", "/room/plan");
  return value ?? null;
}

/** Releases of models that can be rolled out. */
export function fetchReleases() {
  return request("GET", "/api/v1/releases");
}

/** Rollouts, newest first. */
export function fetchRollouts() {
  return request("GET", "/api/v1/rollouts");
}

/** One rollout whole. */
export function fetchRollout(number) {
  return request("GET", `/api/v1/rollouts/${encodeURIComponent(number)}`);
}

/** Boxes of a rollout. */
export function fetchRolloutBoxes(number, query) {
  return request("GET", `/api/v1/rollouts/${encodeURIComponent(number)}/devices?${new URLSearchParams(query)}`);
}

/** What the new version says and how it is judged, beside the version before. */
export function fetchRolloutQuality(number) {
  return request("GET", `/api/v1/rollouts/${encodeURIComponent(number)}/quality`);
}

/** What a rollout that has not begun would do now. */
export function fetchRolloutPreview(number) {
  return request("GET", `/api/v1/rollouts/${encodeURIComponent(number)}/preview`);
}

/** What a plan would do; changes nothing. */
export function previewRollout(plan) {
  return request("POST", "/api/v1/rollouts/preview", plan);
}

/** Plan a rollout. */
export function planRollout(plan) {
  return request("POST", "/api/v1/rollouts", plan);
}

/** Approve, start, pause, resume, abort, or plan to take back. */
export function decideRollout(number, verb, reason) {
  return request("POST", `/api/v1/rollouts/${encodeURIComponent(number)}/${verb}`, { reason });
}

/** Hit lists: all that stand, wait or were. */
export function fetchLists() {
  return request("GET", "/room/lists");
}

/** One hit list: its boxes and its history. */
export function fetchList(name) {
  return request("GET", `/room/lists/${encodeURIComponent(name)}`);
}

/** Draft a list, or a change of one: what it is to be, then the lines. What is wrong with lines is in `said.faults`. */
export function draftList(wanted, lines) {
  return send("POST", "/api/v1/lists/drafts", new Blob([JSON.stringify(wanted), "\n", lines]), "application/octet-stream");
}

/** Approve or withdraw a draft by its number. */
export function decideDraft(number, verb, reason) {
  return request("POST", `/api/v1/lists/drafts/${encodeURIComponent(number)}/${verb}`, { reason });
}

/** Withdraw a list, or give it another key ("rotate"). */
export function decideList(name, verb, reason) {
  return request("POST", `/api/v1/lists/${encodeURIComponent(name)}/${verb}`, { reason });
}

/** "entries", "changes" or "who" of a draft or version. Asking is recorded, with the reason. */
export function lookAtDraft(number, what, wanted) {
  return request("POST", `/api/v1/lists/drafts/${encodeURIComponent(number)}/${what}`, wanted);
}
