"use strict";
// Pictures are fetched one after the other and shown from memory; what was clicked is in this page only, until it is written.
const $ = (id) => document.getElementById(id);
const EVERY_MS = 500, JUDGE_MS = 300, MOST = 32, LENS = 4;
let size = null, shown = null, over = false, good = false, later = 0, asked = 0, pointer = null;
let points = [];

const mode = () => document.querySelector("input[name=mode]:checked").value;
const number = (input) => (input.value.trim() === "" ? NaN : Number(input.value));

function say(words, good) {
  $("words").replaceChildren(...words.map((word) => Object.assign(document.createElement("li"), { textContent: word })));
  $("words").classList.toggle("good", good);
}

function end(why) {
  if (over) return;
  over = true;
  $("picture").removeAttribute("src");
  if (shown) URL.revokeObjectURL(shown);
  $("drawing").replaceChildren();
  $("lens").hidden = true;
  $("lens").width = 0; // what it held is gone
  $("wait").hidden = false;
  $("wait").textContent = why;
  document.querySelectorAll("button, input").forEach((one) => { one.disabled = true; });
}

async function look() {
  if (over) return;
  try {
    const answer = await fetch("/picture", { cache: "no-store" });
    if (answer.status === 403) return end("Closed. Start it again on the box.");
    const seen = await answer.blob();
    if (over) return; // closed meanwhile: it is not shown
    if (answer.status === 200) {
      size = answer.headers.get("X-Size").split("x").map(Number);
      const next = URL.createObjectURL(seen);
      $("picture").src = next;
      if (shown) URL.revokeObjectURL(shown);
      shown = next;
      $("drawing").setAttribute("viewBox", `0 0 ${size[0]} ${size[1]}`);
    }
    $("wait").hidden = answer.status === 200;
    $("wait").textContent = "No picture just now";
  } catch {
    return end("Closed. Start it again on the box.");
  }
  setTimeout(look, EVERY_MS);
}

function rows() {
  const rectangle = mode() === "rectangle";
  $("sides").hidden = !rectangle;
  $("points").classList.toggle("bare", rectangle && points.length <= 4);
  $("hint").textContent = rectangle
    ? "Click its four corners in their order around it, such as those of a parking bay, and give the two sides."
    : "Click places whose metres you know: four or more, near the corners of what matters, no three on a line.";
  $("points").tBodies[0].replaceChildren(...points.map((point, at) => {
    const row = document.createElement("tr");
    const cell = (content) => { const td = document.createElement("td"); td.append(content); row.append(td); };
    cell(String(at + 1));
    cell(`${point.x.toFixed(0)}, ${point.y.toFixed(0)}`);
    for (const axis of ["east", "north"]) {
      const input = Object.assign(document.createElement("input"), { type: "number", step: "0.01", value: point[axis] });
      input.setAttribute("aria-label", `${axis === "east" ? "x" : "y"} of point ${at + 1}, metres`);
      input.hidden = rectangle && at < 4;
      input.addEventListener("input", () => { point[axis] = input.value; judgeSoon(); });
      cell(input);
    }
    const remove = Object.assign(document.createElement("button"), { textContent: "x" });
    remove.setAttribute("aria-label", `remove point ${at + 1}`);
    remove.addEventListener("click", () => { points.splice(at, 1); rows(); judgeSoon(); });
    cell(remove);
    return row;
  }));
}

function marks() {
  return points.map((point, at) => {
    const unit = size[0] / 100;
    const mark = document.createElementNS("http://www.w3.org/2000/svg", "g");
    mark.innerHTML = `<circle cx="${point.x}" cy="${point.y}" r="${unit}" fill="none" stroke="#fff" stroke-width="${unit / 3}"/>` +
      `<circle cx="${point.x}" cy="${point.y}" r="${unit}" fill="none" stroke="#000" stroke-width="${unit / 8}"/>` +
      `<text x="${point.x + 1.3 * unit}" y="${point.y - unit}" font-size="${2 * unit}" fill="#fff" stroke="#000" ` +
      `stroke-width="${unit / 4}" paint-order="stroke">${at + 1}</text>`;
    return mark;
  });
}

function clicked() {
  const sigma = number($("sigma"));
  const of = (point) => [point.x, point.y, Number(point.east), Number(point.north)];
  const known = (point) => String(point.east).trim() !== "" && String(point.north).trim() !== "";
  const first = mode() === "rectangle" ? 4 : 0;
  if (points.length < 4 || !points.slice(first).every(known) || !(sigma > 0)) return null;
  const what = { points: points.slice(first).map(of), sigma_px: sigma };
  if (!first) return what;
  const sides = [number($("side1")), number($("side2"))];
  return sides.every((side) => side > 0) ? { ...what, corners: points.slice(0, 4).map((p) => [p.x, p.y]), sides } : null;
}

function judgeSoon() {
  $("save").disabled = true; // what was judged, or is being judged, is not what stands here now
  asked++;
  clearTimeout(later);
  later = setTimeout(() => judge("/judge"), JUDGE_MS);
}

async function judge(path) {
  if (over) return;
  $("save").disabled = true;
  const mine = ++asked, what = clicked();
  if (what === null) {
    $("drawing").replaceChildren(...marks());
    const missing = 4 - points.length;
    return say([missing > 0 ? `${missing} more to click.` : "Give the metres of every point."], false);
  }
  let told;
  try {
    const answer = await fetch(path, { method: "POST", body: JSON.stringify(what) });
    if (!answer.ok) return answer.status === 403 ? end("Closed. Start it again on the box.") : say(["A number is out of range."], false);
    told = await answer.json();
  } catch {
    return end("Closed. Start it again on the box.");
  }
  if (over) return;
  if (mine !== asked && path === "/judge") return;
  say(told.words, told.good);
  if (mine !== asked) return;
  good = told.good;
  $("save").disabled = !told.usable;
  if (told.drawing) {
    $("drawing").innerHTML = told.drawing; // our own box's numbers; no text of anybody's is in it
  } else {
    $("drawing").replaceChildren(...marks());
  }
}

function pixel(event) {
  if (over || size === null) return null;
  const box = $("picture").getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * size[0], y = ((event.clientY - box.top) / box.height) * size[1];
  return x < 0 || y < 0 || x > size[0] || y > size[1] ? null : { x, y };
}

function magnify(event) {
  const at = pixel(event), lens = $("lens");
  pointer = at === null ? null : event;
  lens.hidden = at === null;
  if (at === null || !$("picture").complete) return; // the picture that is coming draws it
  lens.classList.toggle("left", at.x > size[0] / 2); // never under the pointer
  const half = lens.width / LENS / 2, middle = lens.width / 2, pen = lens.getContext("2d");
  pen.fillRect(0, 0, lens.width, lens.height);
  pen.drawImage($("picture"), at.x - half, at.y - half, 2 * half, 2 * half, 0, 0, lens.width, lens.height);
  pen.strokeStyle = "#fff";
  pen.strokeRect(middle - LENS / 2, middle - LENS / 2, LENS, LENS);
}

$("view").addEventListener("pointermove", magnify);
$("view").addEventListener("pointerleave", () => { $("lens").hidden = true; pointer = null; });
$("picture").addEventListener("load", () => { if (pointer) magnify(pointer); });
$("view").addEventListener("click", (event) => {
  const at = pixel(event);
  if (at === null || points.length >= MOST) return;
  points.push({ x: Math.round(at.x * 10) / 10, y: Math.round(at.y * 10) / 10, east: "", north: "" });
  rows();
  judgeSoon();
});
document.querySelectorAll("input[name=mode]").forEach((one) => one.addEventListener("change", () => { rows(); judgeSoon(); }));
["side1", "side2", "sigma"].forEach((id) => $(id).addEventListener("input", judgeSoon));
$("save").addEventListener("click", () => {
  if (good || confirm("It is not as good as it should be. Write it all the same?")) judge("/save");
});
$("clear").addEventListener("click", () => { points = []; rows(); judgeSoon(); });
$("close").addEventListener("click", () => { end("Closed."); fetch("/close", { method: "POST" }).catch(() => {}); });
rows();
look();
