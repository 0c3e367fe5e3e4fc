// What a person does from a page: each is one request to the manager, which checks role and session again.

/** Leave for the sign-in page, which says that the session has ended and leads back here. */
export function signInAgain() {
  window.location.assign(`/login?why=ended&next=${encodeURIComponent(window.location.pathname)}`);
}

async function request(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    return { error: "The manager does not answer. Nothing was recorded; try again." };
  }
  if (response.status === 401) {
    signInAgain();
    return { error: "Signed out." };
  }
  let value = null;
  try {
    value = await response.json();
  } catch {
    return { error: `The manager answered ${response.status} without a readable body.` };
  }
  if (response.ok) return { value };
  return { error: typeof value?.message === "string" ? value.message : `The manager refused (${response.status}).` };
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

/** All hits of a hit's plate, oldest first. Asking is recorded, with the reason. */
export function fetchPath(incident, reason) {
  return request("POST", `/api/v1/anpr/hits/${encodeURIComponent(incident)}/path`, { reason });
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
