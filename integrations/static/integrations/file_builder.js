// The File Builder while somebody types: fields that belong to a choice come and go, offers fill their field,
// and the file's size follows. Without it the page shows the saved draft's, and every button still works.
(() => {
  const form = document.getElementById("step");
  if (!form) return;

  const value = (name) => {
    const inputs = [...form.elements].filter((one) => one.name === name);
    return inputs.flatMap((one) => {
      if (one.type === "checkbox" || one.type === "radio") return one.checked ? [one.value] : [];
      return one.value.trim() ? [one.value] : [];
    });
  };

  // `name` alone: there is something in it, or it is switched on. `name=a|b`: one of these is chosen.
  // Several conditions are joined by `&`.
  const holds = (condition) => {
    const at = condition.indexOf("=");
    const found = value(at < 0 ? condition : condition.slice(0, at));
    return at < 0 ? found.length > 0 : condition.slice(at + 1).split("|").some((one) => found.includes(one));
  };

  const follow = () => {
    for (const part of form.querySelectorAll("[data-when]")) {
      part.hidden = !part.dataset.when.split("&").every(holds);
    }
  };

  const sizes = document.getElementById("sizes");
  const put = (name, text) => {
    sizes.querySelector(`[data-size="${name}"]`).textContent = text;
  };

  const show = (weighed) => {
    put("sentence", weighed.sentence);
    for (const cost of form.querySelectorAll("[data-cost]")) {
      cost.textContent = weighed.costs[cost.dataset.cost] || "";
    }
    if (!weighed.gzip) return;
    for (const name of ["gzip", "brotli", "raw"]) put(name, weighed[name]);
    const lines = weighed.modules.map((module) => {
      const line = document.createElement("li");
      line.title = module.about;
      for (const text of [module.name, module.gzip]) {
        const part = document.createElement("span");
        part.textContent = text;
        line.append(part);
      }
      return line;
    });
    sizes.querySelector('[data-size="modules"]').replaceChildren(...lines);
  };

  let asked = 0;
  const weigh = async () => {
    const number = ++asked;
    sizes.classList.add("s2s-busy");
    try {
      const answer = await fetch(form.dataset.sizes, { method: "POST", body: new FormData(form) });
      if (answer.ok && number === asked) show(await answer.json());
    } catch {
      // no answer: the last size stays until the next change
    } finally {
      if (number === asked) sizes.classList.remove("s2s-busy");
    }
  };

  let soon;
  const changed = () => {
    follow();
    clearTimeout(soon);
    soon = setTimeout(weigh, 300);
  };

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill]");
    if (!button) return;
    const field = document.getElementById(button.dataset.fill);
    field.value = button.dataset.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  follow();
})();
