for (const svg of document.querySelectorAll("svg.plot[data-from]")) {
  const left = 70, top = 34, bottom = 206, columns = 960, said = svg.nextElementSibling;
  const [from, until, least, most] = ["from", "until", "least", "most"].map(key => Number(svg.dataset[key]));
  let known;
  const read = name => {
    const found = new Map();
    for (const [, x, y] of (svg.querySelector("." + name)?.getAttribute("d") ?? "").matchAll(/[ML]([\d.]+) ([\d.]+)/g)) {
      const value = least + (bottom - y) / (bottom - top) * (most - least);
      found.set(x - left, [...(found.get(x - left) ?? []), value]);
    }
    return found;
  };
  const number = value => Number(value.toPrecision(3)).toLocaleString("en");
  const ends = values => {
    const [one, other] = [Math.min(...values), Math.max(...values)].map(number);
    return one === other ? one : `${one} to ${other}`;
  };
  svg.addEventListener("pointermove", event => {
    known ??= { seen: read("value"), expected: read("expected"), usual: read("band") };
    const box = svg.getBoundingClientRect();
    const column = Math.round((event.clientX - box.left) / box.width * svg.viewBox.baseVal.width - left);
    if (column < 0 || column > columns) return;
    const cursor = svg.querySelector(".cursor");
    cursor.setAttribute("transform", `translate(${column + left})`);
    cursor.style.visibility = "visible";
    const at = new Date(from + column / columns * (until - from)).toISOString().slice(0, 16).replace("T", " ");
    const told = Object.entries(known).filter(([, of]) => of.has(column)).map(([what, of]) => `${what} ${ends(of.get(column))}`);
    said.textContent = [at, ...told].join(" \u00b7 ");
  });
  svg.addEventListener("pointerleave", () => { svg.querySelector(".cursor").style.visibility = "hidden"; said.textContent = ""; });
}
