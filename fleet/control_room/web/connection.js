// The page's own line to the manager: one WebSocket that carries a snapshot and then patches.
//
// Rules:
// - Silence is loss. The manager speaks at least once a second; after SILENCE_MS without a word the line counts as lost,
//   whatever the browser believes of its socket.
// - Time is the manager's: ages are computed from its last stated time and this machine's monotonic clock, so a wrong wall
//   clock on the desk makes no device look alive.
// - After a loss the first message is a whole snapshot; nothing is patched onto what may have missed something.

import { sessionEnded, signInAgain } from "./actions.js";

const SILENCE_MS = 3000;
const FIRST_RETRY_MS = 300;
const LAST_RETRY_MS = 2000;
const SIGNED_OUT = 4401; // the manager's close code: the session has ended

export class Connection {
  /**
   * @param {string} path of the WebSocket on this page's own host
   * @param {{onMessage: (message: object) => void, onLink: (link: object) => void}} handlers
   */
  constructor(path, handlers) {
    this.path = path;
    this.handlers = handlers;
    this.socket = null;
    this.retryMs = FIRST_RETRY_MS;
    this.heardAt = performance.now(); // monotonic, this machine
    this.openedAt = performance.now();
    this.managerMs = null; // wall clock of the manager at heardAt
    this.state = "connecting";
    this.closed = false;
    this.watch = setInterval(() => this.checkSilence(), 500);
    this.open();
  }

  /** Wall clock of the manager now, milliseconds since 1970; null before its first word. */
  now() {
    return this.managerMs === null ? null : this.managerMs + performance.now() - this.heardAt;
  }

  /** Milliseconds since the manager's last word. */
  silentMs() {
    return performance.now() - this.heardAt;
  }

  open() {
    if (this.closed) return;
    const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
    this.openedAt = performance.now();
    const socket = new WebSocket(`${scheme}//${window.location.host}${this.path}`);
    this.socket = socket;
    let whole = false; // a snapshot came over this socket
    socket.onmessage = (event) => {
      if (socket !== this.socket) return;
      const message = JSON.parse(event.data);
      this.heardAt = performance.now();
      this.managerMs = message.t;
      if (message.snapshot) whole = true;
      if (!whole) return;
      this.retryMs = FIRST_RETRY_MS;
      sessionEnded.value = false;
      this.handlers.onMessage(message);
      this.setState("live");
    };
    socket.onclose = (event) => {
      if (socket !== this.socket || this.closed) return;
      if (event.code === SIGNED_OUT && signInAgain()) return; // a page that holds what was typed stays, and tries again
      this.setState("lost");
      setTimeout(() => this.open(), this.retryMs * (0.5 + Math.random()));
      this.retryMs = Math.min(this.retryMs * 1.7, LAST_RETRY_MS);
    };
  }

  checkSilence() {
    if (this.silentMs() < SILENCE_MS) return;
    if (this.state === "live") this.setState("lost");
    if (performance.now() - Math.max(this.heardAt, this.openedAt) < 3 * SILENCE_MS) return;
    const stuck = this.socket; // half-open: the browser has not noticed yet
    this.socket = null; // its late close must not start a second line
    stuck?.close();
    this.open();
  }

  setState(state) {
    if (this.state === state) return;
    this.state = state;
    this.handlers.onLink({ state });
  }

  close() {
    this.closed = true;
    clearInterval(this.watch);
    this.socket?.close();
  }
}
