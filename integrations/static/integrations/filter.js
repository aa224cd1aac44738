// The editor of a destination's filter: rows come and go, the sentence follows, and the filter is tried in place.
// Without it there are two blank rows, and the trial is a page of its own.
(() => {
  const editor = document.querySelector("[data-filter]");
  if (!editor) return;
  const form = editor.closest("form");
  const rows = editor.querySelector("[data-rows]");
  const takes = JSON.parse(document.getElementById("filter-takes").textContent);
  const part = (row, name) => row.querySelector(`[name="${editor.dataset.name}-${name}"]`);
  const isBlank = (row) => !part(row, "field").value.trim() && !part(row, "value").value.trim();

  const PLACEHOLDERS = { list: "Order Completed, Signed Up", number: "10.00", pattern: "^A-[0-9]+$", text: "Order Completed" };

  const follow = (row) => {
    const asked = takes[part(row, "operator").value] || "text";
    const field = part(row, "field").value.trim();
    const value = part(row, "value");
    value.classList.toggle("s2s-filter-unasked", asked === "nothing");
    if (asked === "nothing") value.value = "";
    value.placeholder = PLACEHOLDERS[asked] || "";
    const list = { event: "filter-names", name: "filter-names", type: "filter-types" }[field];
    if (list && asked === "text") value.setAttribute("list", list);
    else value.removeAttribute("list");
  };

  const blank = rows.lastElementChild.cloneNode(true);
  const add = () => {
    const row = blank.cloneNode(true);
    row.querySelector("[data-remove]").hidden = false;
    rows.append(row);
    follow(row);
    return row;
  };

  const clear = () => {
    for (const row of rows.children) {
      row.classList.remove("errors");
      row.querySelector("[data-problems]").textContent = "";
    }
  };

  const show = (told) => {
    clear();
    editor.querySelector("[data-sentence]").textContent = told.sentence || told.refused.join(" ");
    const typed = [...rows.children].filter((row) => !isBlank(row));
    for (const [at, problems] of Object.entries(told.problems)) {
      if (!typed[at] || typed[at].contains(document.activeElement)) continue;
      typed[at].classList.add("errors");
      typed[at].querySelector("[data-problems]").textContent = Object.values(problems).flat().join(" ");
    }
  };

  const ask = (address, headers) => fetch(address, { method: "POST", body: new FormData(form), headers });

  let asked = 0;
  const say = async () => {
    const number = ++asked;
    try {
      const answer = await ask(editor.dataset.sentenceUrl, {});
      if (answer.ok && number === asked) show(await answer.json());
    } catch {
      // no answer: the last sentence stays until the next change
    }
  };

  let soon;
  const changed = () => {
    clearTimeout(soon);
    soon = setTimeout(say, 300);
  };

  const tell = (html) => {
    const part = new DOMParser().parseFromString(html, "text/html");
    editor.querySelector("[data-trial]").replaceChildren(...part.body.children);
  };

  const attempt = async (button) => {
    const place = editor.querySelector("[data-trial]");
    place.classList.add("s2s-filter-busy");
    button.disabled = true;
    try {
      const answer = await ask(button.formAction, { "X-Fragment": "yes" });
      if (!answer.ok) throw new Error(answer.status);
      tell(await answer.text());
    } catch {
      place.textContent = "There was no answer. Try again in a moment.";
    } finally {
      button.disabled = false;
      place.classList.remove("s2s-filter-busy");
    }
  };

  editor.addEventListener("input", (event) => {
    const row = event.target.closest("li");
    if (row) follow(row);
    changed();
  });
  editor.addEventListener("change", changed);
  editor.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
  });
  editor.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches("[data-add]")) part(add(), "field").focus();
    if (button.matches("[data-remove]")) {
      button.closest("li").remove();
      form.dispatchEvent(new Event("input", { bubbles: true }));
      changed();
    }
    if (button.matches("[data-try]")) {
      event.preventDefault();
      attempt(button);
      changed();
    }
  });

  editor.querySelector("[data-add]").hidden = false;
  for (const row of [...rows.children]) {
    if (isBlank(row)) row.remove();
    else {
      row.querySelector("[data-remove]").hidden = false;
      follow(row);
    }
  }
})();
