"use strict";

// What comes from the emulator is shown by textContent alone: names are anyone's.
const REQUESTS = 100;
const byId = (id) => document.getElementById(id);
const imports = new Map();
let received = 0;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function setText(node, text) {
  // What stays the same keeps its selection.
  if (node.textContent !== text) node.textContent = text;
}

function complain(text) {
  byId("problem").hidden = !text;
  setText(byId("problem"), text);
}

async function call(method, path, body) {
  try {
    const answer = await fetch(path, { method, body: body && JSON.stringify(body) });
    if (answer.ok) {
      complain("");
      return answer.status === 204 ? null : await answer.json();
    }
    const { error } = await answer.json();
    complain(`Expected ${error.expected}; found ${error.found}.\n${error.hint}`);
  } catch (error) {
    complain(`The emulator did not answer: ${error.message}`);
  }
  return undefined;
}

function newCard(id) {
  const card = { id, at: element("li") };
  card.at.dataset.id = id;
  const head = element("div", "head");
  head.append(element("span", "id mono", id), card.word = element("span", "word"), card.life = element("span", "quiet"));
  card.progress = element("progress");
  card.progress.setAttribute("aria-label", `tasks of ${id} that have ended`);
  const foot = element("div", "foot");
  const details = element("details");
  details.append(card.summary = element("summary"), card.tasks = element("ul", "tasks"));
  card.buttons = element("div", "buttons");
  for (const [how, text, about] of [
    ["advance", "Advance", "end the task that runs"],
    ["finish", "Finish", "end the import as its scenario ends it"],
    ["fail", "Fail", "end the import with a failure of the task that runs"],
  ]) {
    const button = element("button", how, text);
    button.type = "button";
    button.title = about;
    button.setAttribute("aria-label", `${text} ${id}: ${about}`);
    button.addEventListener("click", () => call("POST", `imports/${encodeURIComponent(id)}/${how}`));
    card.buttons.append(button);
  }
  foot.append(details, card.buttons);
  card.at.append(head, card.progress, foot);
  return card;
}

function showTask(row, entry) {
  const parts = [element("span", "quiet", entry.type), element("span", "name", entry.name), element("span", `word ${entry.outcome}`, entry.status)];
  for (const [key, value] of entry.extra || []) parts.push(element("span", "extra", `${key}: ${value}`));
  row.replaceChildren(...parts);
}

function show(card, view) {
  const { life, log } = view;
  setText(card.word, view.status || "no status");
  card.word.className = `word ${view.outcome}`;
  const speed = life && life.speed && life.speed !== 1 ? ` × ${life.speed}` : "";
  const each = life && life.each && life.each !== 1 ? `, ${life.each} a task` : "";
  setText(card.life, life ? `${life.scenario || "a scenario without a name"}, by ${life.mode}${speed}${each}` : "a fixed document");
  card.progress.hidden = !life;
  if (life) {
    card.progress.max = Math.max(life.tasks, 1);
    card.progress.value = life.tasks ? life.ended : 1;
  }
  card.buttons.hidden = !life;
  for (const button of card.buttons.children) button.disabled = view.state !== "runs";
  const last = log.entries[log.entries.length - 1];
  const left = log.total - log.entries.length;
  const ended = life ? `${life.ended} of ${life.tasks} tasks` : `${log.total} log entries`;
  setText(card.summary, last && view.state === "runs" ? `${ended}; now ${last.type}: ${last.name}` : ended);
  const rows = log.entries.map((entry, n) => {
    const key = JSON.stringify(entry);
    const row = card.tasks.children[n + (left > 0 ? 1 : 0)];
    if (row && row.dataset.key === key) return row;
    const made = element("li");
    made.dataset.key = key;
    showTask(made, entry);
    return made;
  });
  if (left > 0) rows.unshift(element("li", "quiet", `${left} earlier`));
  card.tasks.replaceChildren(...rows);
}

function onImports({ total, counts, ids, imports: changed }) {
  const views = new Map(changed.map((view) => [view.id, view]));
  const list = byId("imports");
  const shown = new Set(ids);
  for (const [id, card] of imports) {
    if (shown.has(id)) continue;
    card.at.remove();
    imports.delete(id);
  }
  ids.forEach((id, n) => {
    let card = imports.get(id);
    if (!card) imports.set(id, card = newCard(id));
    if (views.has(id)) show(card, views.get(id));
    // A node that is moved loses the focus.
    if (list.children[n] !== card.at) list.insertBefore(card.at, list.children[n] || null);
  });
  byId("no-imports").hidden = total > 0;
  byId("more").hidden = total <= ids.length;
  setText(byId("more"), `These are the newest ${ids.length} of ${total}; /_emulator/imports lists all.`);
  if (counts) {
    const words = ["running", "succeeded", "failed", "unknown"].filter((word) => counts[word]);
    setText(byId("counts"), [`${total} in all`, ...words.map((word) => `${counts[word]} ${word}`)].join(", "));
  }
}

function onRequests({ missed, requests }) {
  received += missed + requests.length;
  const list = byId("requests");
  for (const request of requests.slice(-REQUESTS)) {
    const row = element("li");
    const status = request.status === null ? "none" : String(request.status);
    const good = request.status !== null && request.status < 400;
    const time = element("time", "quiet mono", request.time.slice(11, 23));
    time.dateTime = request.time;
    const path = element("span", "path mono", `${request.method} ${request.path}`);
    row.append(time, element("span", `word ${good ? "succeeded" : "failed"}`, status), path);
    const why = [request.refused, request.fault && `a fault: ${request.fault}`].filter(Boolean).join("; ");
    if (why) row.append(element("span", "why", why));
    list.prepend(row);
  }
  while (list.children.length > REQUESTS) list.lastChild.remove();
  byId("no-requests").hidden = received > 0;
  setText(byId("requests-counts"), `${received} in all${received > REQUESTS ? `, the last ${REQUESTS} shown` : ""}`);
}

// The last job of a bot, with what steers it.
function jobRow(bot, job) {
  const row = element("li", "job");
  row.dataset.job = `${bot}/${job.job}`;
  const { life } = job;
  const tasks = job.job === "publish" ? `, ${life.ended} of ${life.tasks} parts` : "";
  row.append(element("span", "quiet", `${job.job} ${job.id}`), element("span", "quiet", `${life.scenario}, by ${life.mode}${tasks}`), element("span", `word ${job.outcome}`, job.status));
  if (job.state !== "runs") return row;
  const buttons = element("span", "buttons");
  for (const how of ["advance", "finish", "fail"]) {
    const button = element("button", how, how[0].toUpperCase() + how.slice(1));
    button.type = "button";
    button.setAttribute("aria-label", `${how} the ${job.job} of ${bot}`);
    button.addEventListener("click", () => call("POST", `bots/${encodeURIComponent(bot)}/${job.job}/${how}`));
    buttons.append(button);
  }
  row.append(buttons);
  return row;
}

function onBotsAndFiles({ bots, files, files_in_all }) {
  byId("bots").replaceChildren(...bots.flatMap((bot) => {
    const row = element("li");
    const [word, className] = bot.exists ? ["exists", "succeeded"] : ["not made yet", "running"];
    row.append(element("span", "id mono", bot.id), element("span", "name", bot.name || ""), element("span", `word ${className}`, word));
    return [row, ...[bot.export, bot.publish].filter(Boolean).map((job) => jobRow(bot.id, job))];
  }));
  byId("files").replaceChildren(...files.map((file) => {
    const row = element("li");
    const about = `${file.size} bytes${file.parts ? `, ${file.parts} ${file.parts === 1 ? "part" : "parts"} of a bot` : ""}`;
    row.append(element("span", "id mono", file.id), element("span", "name", file.name), element("span", "quiet", about));
    return row;
  }));
  byId("no-bots").hidden = bots.length > 0;
  byId("no-files").hidden = files_in_all > 0;
  setText(byId("files-counts"), files_in_all > files.length ? `the newest ${files.length} of ${files_in_all}` : "");
}

function connect() {
  const events = new EventSource("events");
  const on = (name, act) => events.addEventListener(name, (event) => act(JSON.parse(event.data)));
  on("hello", () => {
    received = 0;
    byId("requests").replaceChildren();
    byId("no-requests").hidden = false;
    setText(byId("connection"), "live");
    byId("connection").className = "live";
  });
  on("imports", onImports);
  on("requests", onRequests);
  on("bots_and_files", onBotsAndFiles);
  events.addEventListener("error", () => {
    setText(byId("connection"), "not connected; trying again");
    byId("connection").className = "";
    // A refusal ends the attempts of the browser.
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, 3000);
  });
}

async function start() {
  const library = await call("GET", "scenarios");
  for (const { name, about, job } of library ? library.scenarios : []) {
    const option = element("option", "", name);
    option.title = about;
    option.dataset.job = job;
    byId("scenario").append(option);
  }
}

byId("mode").addEventListener("change", () => {
  byId("speed-label").hidden = byId("mode").value !== "time";
  byId("speed").disabled = byId("mode").value !== "time";
});
function asked() {
  const mode = byId("mode").value;
  const speed = mode === "time" ? { speed: Number(byId("speed").value) } : {};
  return { scenario: byId("scenario").value, mode, ...speed };
}

// An export and a publish are started by a client alone.
function isImport() {
  return byId("scenario").selectedOptions[0]?.dataset.job === "import";
}

byId("scenario").addEventListener("change", () => {
  byId("create-button").disabled = !isImport();
});
byId("create").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("create-button").disabled = true;
  await call("POST", "imports", asked());
  byId("create-button").disabled = !isImport();
});
byId("next-button").addEventListener("click", () => call("POST", "next", asked()));
start();
connect();
