"use strict";
// Draws each plot of `plots` into the element plot-<name>, in the colours of the page's theme.
function skThemed(plot) {
  const style = (name, other) => getComputedStyle(document.documentElement).getPropertyValue(name).trim() || other;
  const ink = getComputedStyle(document.body).color;
  const soft = style("--soft", ink), grid = style("--grid", "rgba(128,140,160,.25)");
  const axis = { gridcolor: grid, zerolinecolor: grid, linecolor: style("--line", "rgba(128,140,160,.5)") };
  const data = plot.data.map(trace => trace.type === "heatmap" || trace.mode === "text"
    ? Object.assign({}, trace, { textfont: { color: ink, size: 12 } }) : trace);
  const layout = Object.assign({}, plot.layout, { font: { color: soft, family: "system-ui, sans-serif", size: 12 },
    hoverlabel: { align: "left", font: { family: "system-ui, sans-serif", size: 12 } } });
  for (const name of Object.keys(layout)) if (/^[xy]axis\d*$/.test(name)) layout[name] = Object.assign({}, layout[name], axis);
  return [data, layout];
}
function skDraw(plots) {
  const printing = document.documentElement.classList.contains("printing");
  for (const [name, plot] of Object.entries(plots)) {
    const place = document.getElementById("plot-" + name);
    if (!place) continue;
    const [data, layout] = skThemed(plot);
    // A print does not wait: plotly fits a plot to its place only some time later, unless told its size.
    const size = printing ? { width: place.clientWidth, height: place.clientHeight } : {};
    Plotly.react(place, data, Object.assign(layout, size), { responsive: true, displayModeBar: false });
  }
}
function skShow(plots) {
  skDraw(plots);
  for (const [event, printing] of [["beforeprint", true], ["afterprint", false]]) addEventListener(event, () => {
    document.documentElement.classList.toggle("printing", printing);
    skDraw(plots);
    if (!printing) document.querySelectorAll(".js-plotly-plot").forEach(place => Plotly.relayout(place, { autosize: true }));
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => skDraw(plots));
  new MutationObserver(() => skDraw(plots)).observe(document.body, { attributes: true, attributeFilter: ["data-md-color-scheme"] });
}
