"use strict";
const byId = id => document.getElementById(id);
const all = selector => [...document.querySelectorAll(selector)];
const matrix = JSON.parse(byId("data").textContent);
const text = place => matrix.texts[place];
const rows = all("tbody tr");
const dialog = document.querySelector("dialog");
const element = (name, words, className) => {
  const made = document.createElement(name);
  if (words !== undefined) made.textContent = words;
  if (className) made.className = className;
  return made;
};
const word = reach => reach === "unknown" ? "not checked" : reach;
const place = button => {
  const cell = button.parentElement;
  return [rows.indexOf(cell.parentElement), cell.cellIndex - 1];
};
const grid = () => rows.filter(row => !row.hidden).map(row => [...row.querySelectorAll("td:not([hidden]) button")]);
const reachable = () => {
  all("td button").forEach(button => { button.tabIndex = -1; });
  const first = grid()[0]?.[0];
  if (first) first.tabIndex = 0;
};
const contents = new Map(all(".finding, #folds .fold > ul > li").map(one => {
  const object = one.closest(".object")?.querySelector("h3").textContent || "";
  return [one, `${object} ${one.textContent}`.toLowerCase()];
}));
const filter = () => {
  const wanted = byId("search").value.trim().toLowerCase(), severity = byId("severity").value;
  const persona = byId("persona") ? byId("persona").selectedIndex - 1 : -1;
  rows.forEach(row => { row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted); });
  all("#matrix tr").forEach(row => [...row.cells].slice(1).forEach((cell, column) => {
    cell.hidden = persona >= 0 && column !== persona;
  }));
  contents.forEach((words, one) => {
    one.hidden = !words.includes(wanted) || (severity !== "" && !one.classList.contains(severity));
  });
  all(".object, .alike, #folds .fold").forEach(one => {
    one.hidden = !one.querySelector(":is(.finding, li):not([hidden])");
  });
  all(".alike").forEach(one => { one.open = wanted !== ""; });
  const findings = all(".finding"), shown = findings.filter(one => !one.hidden).length;
  const tables = rows.length ? `, ${rows.filter(row => !row.hidden).length} of ${rows.length} tables` : "";
  byId("count").textContent = `${shown} of ${findings.length} findings${tables}`;
  reachable();
};
const list = (title, places) => {
  if (!places.length) return [];
  const made = element("ul");
  places.forEach(one => made.append(element("li", text(one))));
  return [element("p", title, "soft"), made];
};
const open = button => {
  const [row, column] = place(button), [table, planted, cells] = matrix.tables[row];
  const [name, role, described] = matrix.personas[column].map(text);
  byId("cell-title").textContent = `${name} on ${text(table)}`;
  const token = element("details", undefined, "soft");
  token.append(element("summary", `${role}; ${planted} rows were planted`), element("code", described));
  byId("who").replaceChildren(token);
  const parts = cells[column].flatMap((index, command) => {
    const [reach, reached, of, statement, said, witnesses, policies] = matrix.cells[index];
    const found = [element("h3", `${matrix.commands[command]}: ${word(reach)}${of ? ` (${reached} of ${of})` : ""}`, reach)];
    if (statement) found.push(element("pre", text(statement)));
    if (said) found.push(element("p", text(said), "soft"));
    found.push(...list(matrix.commands[command] === "insert" ? "tried" : "rows reached, for example", witnesses));
    found.push(...list("policies that decide", policies));
    return found;
  });
  byId("cell").replaceChildren(...parts);
  dialog.showModal();
};
const unfold = () => {
  const target = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  (target.matches("details") ? [target] : [...target.querySelectorAll("details")]).forEach(one => { one.open = true; });
  for (let up = target.parentElement; up; up = up.parentElement) if (up.matches("details")) up.open = true;
  target.scrollIntoView();
};
if (matrix) {
  rows.forEach((row, index) => row.querySelectorAll("button").forEach((button, column) => {
    const [table, , cells] = matrix.tables[index];
    const reached = cells[column].map((one, command) => `${matrix.commands[command]} ${word(matrix.cells[one][0])}`).join(", ");
    button.setAttribute("aria-label", `${text(matrix.personas[column][0])} on ${text(table)}: ${reached}`);
  }));
  const body = document.querySelector("tbody");
  body.addEventListener("click", event => {
    const button = event.target.closest("button");
    if (button) open(button);
  });
  body.addEventListener("keydown", event => {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = steps[event.key], button = event.target.closest("button");
    if (!step || !button) return;
    event.preventDefault();
    const lines = grid(), y = lines.findIndex(line => line.includes(button)), x = lines[y].indexOf(button);
    const next = lines[y + step[0]]?.[x + step[1]];
    if (!next) return;
    button.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}
byId("close").addEventListener("click", () => dialog.close());
byId("filters").addEventListener("submit", event => event.preventDefault());
byId("filters").addEventListener("input", filter);
byId("filters").hidden = !(rows.length || contents.size);
addEventListener("hashchange", unfold);
filter();
unfold();
