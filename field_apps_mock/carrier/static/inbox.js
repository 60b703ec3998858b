// The phones' inboxes: a list of phones, one phone's screen, and its reply box. Reads /_inbox every two seconds.

const POLL_MS = 2000;
const seen = new Map(JSON.parse(sessionStorage.getItem("seen") ?? "[]"));
const element = (id) => document.getElementById(id);
const desk = document.querySelector(".desk");
let open = null;
let shownList = "";
let shownThread = "";

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function writeNumber(phone) {
  const match = /^\+86(\d{3})(\d{4})(\d{4})$/.exec(phone);
  return match ? match.slice(1).join(" ") : phone;
}

function writeTime(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
}

function writeDay(seconds) {
  const day = new Date(seconds * 1000);
  const isToday = day.toDateString() === new Date().toDateString();
  return isToday ? "今天" : day.toLocaleDateString("zh-CN", { month: "long", day: "numeric", weekday: "short" });
}

function makePhone(row) {
  const item = make("li");
  const button = make("button", row.newest > (seen.get(row.phone) ?? 0) && !row.is_own ? "unread" : "");
  button.type = "button";
  const digits = row.phone.slice(-4);
  button.append(
    make("span", `face face-${Number(digits) % 6}`, digits),
    make("span", "number", writeNumber(row.phone)),
    make("span", "when", writeTime(row.at)),
    make("span", "preview", (row.is_own ? "我：" : "") + row.preview),
  );
  if (row.phone === open) button.setAttribute("aria-current", "true");
  button.addEventListener("click", () => { location.hash = row.phone; });
  item.append(button);
  return item;
}

function makeEmpty(text) {
  const item = make("li", "empty");
  item.innerHTML = '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M3 4h14v9H9l-4 3v-3H3z"/></svg>';
  item.append(make("p", "", text));
  return item;
}

async function read(path) {
  const answer = await fetch(path, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

function getDigits() {
  return element("search").value.replace(/\D/g, "");
}

async function showPhones() {
  const digits = getDigits();
  const rows = await read(`/_inbox/phones?digits=${digits}`);
  if (digits !== getDigits()) return;
  const current = rows.find((row) => row.phone === open);
  if (current) {
    seen.set(open, current.newest);
    sessionStorage.setItem("seen", JSON.stringify([...seen]));
  }
  const key = JSON.stringify([rows, open, [...seen]]);
  if (key === shownList) return;
  shownList = key;
  const messages = rows.reduce((sum, row) => sum + row.messages, 0);
  element("summary").textContent = rows.length ? `${rows.length} 部手机 · ${messages} 条短信` : "等待短信";
  element("phones").replaceChildren(...(rows.length ? rows.map(makePhone) : [
    makeEmpty(digits ? "没有这个号码" : "还没有短信到达。发出小微播音台消息后，收到的手机会出现在这里。"),
  ]));
}

function makeBubble(row) {
  const bubble = make("li", row.is_own ? "bubble own" : "bubble");
  const signature = /^【[^】]{1,20}】/.exec(row.body)?.[0] ?? "";
  if (signature && !row.is_own) bubble.append(make("b", "", signature));
  bubble.append(row.is_own ? row.body : row.body.slice(signature.length));
  return bubble;
}

async function showThread() {
  if (!open) return;
  const phone = open;
  const rows = await read(`/_inbox/phones/${encodeURIComponent(phone)}`);
  const key = JSON.stringify([phone, rows]);
  if (key === shownThread || phone !== open) return;
  shownThread = key;
  const signature = rows.map((row) => /^【([^】]{1,20})】/.exec(row.body)?.[1]).findLast(Boolean);
  element("sender").textContent = signature ?? rows.findLast((row) => !row.is_own)?.other ?? "信息";
  element("owner").textContent = `本机 ${writeNumber(phone)}`;
  const nodes = [];
  rows.forEach((row, index) => {
    const day = writeDay(row.at);
    if (index === 0 || writeDay(rows[index - 1].at) !== day) nodes.push(make("li", "day", day));
    nodes.push(makeBubble(row), make("li", row.is_own ? "stamp own" : "stamp", writeTime(row.at)));
  });
  const thread = element("thread");
  thread.replaceChildren(...(nodes.length ? nodes : [makeEmpty("这部手机还没有短信")]));
  thread.scrollTop = thread.scrollHeight;
  element("reply").hidden = rows.length === 0;
}

async function refresh() {
  try {
    await Promise.all([showPhones(), showThread()]);
  } catch {
    element("summary").textContent = "连接已断开，正在重试…";
    shownList = "";
  }
}

function follow() {
  const wanted = decodeURIComponent(location.hash.slice(1));
  open = /^\+\d{7,15}$/.test(wanted) ? wanted : null;
  desk.classList.toggle("is-open", open !== null);
  shownThread = "";
  element("problem").textContent = "";
  if (!open) element("thread").replaceChildren(makeEmpty("从列表选择一部手机"));
  element("reply").hidden = true;
  refresh();
}

async function send(event) {
  event.preventDefault();
  const text = element("text");
  const body = text.value.trim();
  if (!body || !open) return;
  const answer = await fetch(`/_inbox/phones/${encodeURIComponent(open)}/replies`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ body }),
  }).catch(() => null);
  element("problem").textContent = answer?.ok ? "" : "没有发出去，请再试一次";
  if (answer?.ok) text.value = "";
  fit();
  refresh();
}

function fit() {
  const text = element("text");
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + 2}px`;
  document.querySelector(".send").disabled = text.value.trim() === "";
}

element("reply").addEventListener("submit", send);
element("text").addEventListener("input", fit);
element("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) element("reply").requestSubmit();
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) event.preventDefault();
});
element("quick").addEventListener("click", (event) => {
  if (!(event.target instanceof HTMLButtonElement)) return;
  element("text").value = event.target.textContent;
  fit();
  element("text").focus();
});
element("back").addEventListener("click", () => { location.hash = ""; });
element("search").addEventListener("input", refresh);
window.addEventListener("hashchange", follow);
setInterval(() => { if (!document.hidden) refresh(); }, POLL_MS);
follow();
