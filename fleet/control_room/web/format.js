// Numbers, intervals, ages and times as people read them. Pure.

const two = (n) => String(n).padStart(2, "0");

/** A count: whole above ten, one decimal below when it says something. */
export function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const rounded = Math.abs(value) >= 10 ? Math.round(value) : Math.round(value * 10) / 10;
  return String(Object.is(rounded, -0) ? 0 : rounded);
}

/** A number without a unit, often a share: two decimals below one. */
export function plain(value) {
  return Math.abs(value) < 1 && value !== 0 ? String(Math.round(value * 100) / 100) : number(value);
}

/**
 * The half-widths of an estimate {v, lo, hi} to the precision of its value, never rounded down: "± 3"; "−1 +4" where they differ
 * by more than a fifth; "+1" where the lower end is the value itself.
 */
export function spread(estimate) {
  if (!estimate) return "";
  const step = Math.abs(estimate.v) >= 10 ? 1 : 0.1;
  const up = Math.ceil(Math.max(0, estimate.hi - estimate.v) / step - 1e-9) * step;
  const down = Math.ceil(Math.max(0, estimate.v - estimate.lo) / step - 1e-9) * step;
  const larger = Math.max(up, down);
  if (larger - Math.min(up, down) <= Math.max(step, larger / 5) && Math.min(up, down) > 0) return `± ${number(larger)}`;
  if (larger === 0) return "± 0";
  return [down > 0 ? `−${number(down)}` : "", up > 0 ? `+${number(up)}` : ""].filter(Boolean).join(" ");
}

/** "12 ± 3". */
export function withSpread(estimate) {
  return estimate ? `${number(estimate.v)} ${spread(estimate)}` : "–";
}

/** The interval in words, for tooltips. */
export function interval(estimate) {
  if (!estimate) return "";
  return `${number(estimate.lo)} to ${number(estimate.hi)} with ${Math.round(estimate.level * 100)} % coverage`;
}

/** A length of time: "8 s", "3 min", "2 h 05", "4 d". */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const s = Math.max(0, Math.round(seconds));
  if (s < 100) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))}`;
  return `${Math.floor(s / 86400)} d`;
}

/** A running length of time to the second: "0:42", "12:07", "1:02:07". */
export function stopwatch(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor((s % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

/** Time of day on this desk, with the date when it is not today's. */
export function clockTime(ms, nowMs = null) {
  if (ms === null || ms === undefined) return "–";
  const date = new Date(ms);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`; // toLocaleTimeString costs 20 times as much
  if (nowMs !== null && new Date(nowMs).toDateString() === date.toDateString()) return time;
  return nowMs === null ? time : `${day(ms)} ${time}`;
}

/** "2026-03-09". */
export function day(ms) {
  const date = new Date(ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The zone that times on this desk are in: "UTC", "UTC+1", "UTC−3:30". */
export function zone(ms) {
  const minutes = -new Date(ms).getTimezoneOffset();
  if (minutes === 0) return "UTC";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? "−" : "+"}${hours}${rest ? `:${two(rest)}` : ""}`;
}

/** Date and time on this desk, with its zone: an hour comes twice when summer time ends. */
export function dateTime(ms) {
  return ms === null || ms === undefined ? "–" : `${day(ms)} ${clockTime(ms)} ${zone(ms)}`;
}

/** A probability: never a certainty that rounding made up. */
export function percent(probability) {
  if (probability < 0.01) return "below 1 %";
  return probability > 0.99 ? "above 99 %" : `${Math.round(probability * 100)} %`;
}

/** How far a box's time may be trusted. */
export function clockQuality(clock) {
  if (!clock) return "clock unknown";
  if (!clock.synchronised) return `clock ${clock.source}, not synchronised`;
  const sigma = clock.sigma_ms === null || clock.sigma_ms === undefined ? "" : ` ± ${duration_ms(clock.sigma_ms)}`;
  return `clock ${clock.source}${sigma}`;
}

/** "12 ms", "1.4 s". */
export function duration_ms(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "–";
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`;
}

/** "1 234". */
export function total(n) {
  return n === null || n === undefined ? "–" : String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** "3.1 MB". */
export function bytes(n) {
  if (n === null || n === undefined) return "–";
  if (n < 1000) return `${n} B`;
  if (n < 1e6) return `${Math.round(n / 100) / 10} kB`;
  return n < 1e9 ? `${Math.round(n / 1e5) / 10} MB` : `${Math.round(n / 1e8) / 10} GB`;
}
