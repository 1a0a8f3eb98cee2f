// Renders openapi.json as one form an operation. Everything is set as text, nothing as HTML.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(name, properties = {}, children = []) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// A text of the description, what stands between backticks as code.
function marked(text) {
  return (text || "").split("`").map((part, place) =>
    place % 2 ? element("code", { textContent: part }) : part);
}

function prose(name, text) {
  return element(name, { className: "hint" }, marked(text));
}

function field(id, label, hint, control) {
  const text = element("span", {}, [element("label", { htmlFor: id, textContent: label })]);
  if (hint) text.append(element("br"), prose("span", hint));
  control.id = id;
  return element("div", { className: "field" }, [text, control]);
}

function inputs(id, operation) {
  return (operation.parameters || []).map((parameter) => {
    const control = element("input", { name: parameter.name, required: Boolean(parameter.required) });
    control.dataset.in = parameter.in;
    return field(`${id}-${parameter.name}`, parameter.name, parameter.description, control);
  });
}

function bodyField(id, operation) {
  const content = operation.requestBody && operation.requestBody.content["application/json"];
  if (!content) return [];
  const control = element("textarea", { name: "(body)", spellcheck: false });
  control.value = JSON.stringify(content.example, null, 2);
  control.dataset.in = "body";
  return [field(`${id}-body`, "Body", "JSON", control)];
}

function request(path, method, form) {
  const headers = {};
  const query = new URLSearchParams();
  const options = { method: method.toUpperCase(), headers };
  const key = document.getElementById("key").value.trim();
  if (key) headers.Authorization = `Bearer ${key}`;
  for (const control of form.querySelectorAll("[data-in]")) {
    if (control.value === "") continue;
    if (control.dataset.in === "path") {
      path = path.replace(`{${control.name}}`, encodeURIComponent(control.value));
    } else if (control.dataset.in === "query") query.set(control.name, control.value);
    else if (control.dataset.in === "header") headers[control.name] = control.value;
    else options.body = control.value;
  }
  if (options.body) headers["Content-Type"] = "application/json";
  const search = query.toString();
  return fetch(search ? `${path}?${search}` : path, options);
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function send(path, method, form, output) {
  output.replaceChildren(element("p", { textContent: "…" }));
  try {
    const answer = await request(path, method, form);
    const text = await answer.text();
    const status = element("p", { textContent: `${answer.status} ${answer.statusText}` });
    status.className = answer.ok ? "status" : "status bad";
    output.replaceChildren(status, element("pre", { textContent: pretty(text) }));
  } catch (problem) {
    output.replaceChildren(element("p", { className: "status bad", textContent: String(problem) }));
  }
}

function answers(operation, known) {
  const named = (answer) => (answer.$ref ? known[answer.$ref.split("/").pop()] : answer);
  const lines = Object.entries(operation.responses).map(([status, answer]) =>
    element("li", {}, [`${status}: `, ...marked(named(answer).description)]));
  return element("ul", { className: "hint" }, lines);
}

function render(path, method, operation, known) {
  const id = operation.operationId;
  const output = element("div");
  const form = element("form", {}, [
    prose("p", operation.description),
    ...inputs(id, operation), ...bodyField(id, operation),
    element("button", { textContent: "Send" }), output,
    answers(operation, known),
  ]);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(path, method, form, output);
  });
  const head = element("summary", {}, [
    element("span", { className: "method", textContent: method.toUpperCase() }),
    element("code", { textContent: path }),
    element("span", { textContent: operation.summary }),
  ]);
  return element("details", { id }, [head, form]);
}

function section(tag, description) {
  const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    METHODS.filter((method) => methods[method] && methods[method].tags.includes(tag.name))
      .map((method) => render(path, method, methods[method], description.components.responses)));
  const name = element("h2", { id: tag.name, textContent: tag.name });
  return [name, prose("p", tag.description), ...operations];
}

async function show() {
  const description = await (await fetch("/openapi.json")).json();
  document.getElementById("about").append(...marked(description.info.description));
  document.getElementById("tags").replaceChildren(...description.tags.map((tag) =>
    element("a", { href: `#${tag.name}`, textContent: tag.name })));
  document.getElementById("operations").replaceChildren(
    ...description.tags.flatMap((tag) => section(tag, description)));
}

document.getElementById("who").addEventListener("submit", (event) => event.preventDefault());
show().catch((problem) => {
  document.getElementById("operations").replaceChildren(
    element("p", { className: "status bad", textContent: String(problem) }));
});
