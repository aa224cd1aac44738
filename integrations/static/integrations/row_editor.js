// Rows that come and go, sentences that follow what is typed, and a trial in place: what the editors of a destination's
// filter and of its mapping changes have in common.
// `follow(row)` fits a row's controls to what is chosen in it; `names` are the attributes of rows, sentence and trial.
window.s2sRowEditor = (editor, names, follow) => {
  const form = editor.closest("form");
  const rows = editor.querySelector(names.rows);
  const part = (row, name) => row.querySelector(`[name="${editor.dataset.name}-${name}"]`);
  const isBlank = (row) => !part(row, "field").value.trim() && !part(row, "value").value.trim();
  const fit = (row) => follow((name) => part(row, name));

  const blank = rows.lastElementChild.cloneNode(true);
  const add = () => {
    const row = blank.cloneNode(true);
    row.querySelector("[data-remove]").hidden = false;
    rows.append(row);
    fit(row);
    return row;
  };

  const show = (told) => {
    for (const row of rows.children) {
      row.classList.remove("errors");
      row.querySelector("[data-problems]").textContent = "";
    }
    editor.querySelector(names.sentence).textContent = told.sentence || told.refused.join(" ");
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

  const attempt = async (button) => {
    const place = editor.querySelector(names.trial);
    place.classList.add("s2s-filter-busy");
    button.disabled = true;
    try {
      const answer = await ask(button.formAction, { "X-Fragment": "yes" });
      if (!answer.ok) throw new Error(answer.status);
      const told = new DOMParser().parseFromString(await answer.text(), "text/html");
      place.replaceChildren(...told.body.children);
    } catch {
      place.textContent = "There was no answer. Try again in a moment.";
    } finally {
      button.disabled = false;
      place.classList.remove("s2s-filter-busy");
    }
  };

  editor.addEventListener("input", (event) => {
    const row = event.target.closest("li");
    if (!row) return;
    fit(row);
    changed();
  });
  editor.addEventListener("change", changed);
  editor.addEventListener("focusout", changed);
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
      fit(row);
    }
  }
};
